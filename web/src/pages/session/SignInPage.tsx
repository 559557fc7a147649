/** Signing in; leads on to where one wanted to go. */
import { useNavigate } from "@tanstack/react-router";
import { queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchValues } from "../../routing.tsx";
import { SessionFrame } from "./SessionFrame.tsx";
import { SignInForm } from "./SignInForm.tsx";
import { t } from "./text.ts";

export function Page() {
  const navigate = useNavigate();
  const { next } = useSearchValues();
  const done = async () => {
    await queryClient.resetQueries();
    // Only addresses of the portal itself: `//host` would lead away.
    const isOurs = next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\");
    await navigate({ to: isOurs && next ? next : paths.dashboard(), replace: true });
  };
  return (
    <SessionFrame title={t("signIn")}>
      <SignInForm onDone={done} />
    </SessionFrame>
  );
}
