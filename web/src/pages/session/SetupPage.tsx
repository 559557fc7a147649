/** The first administrator of a new server. */
import { Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, answerAs, api } from "../../api/client.ts";
import { asApiError } from "../../api/errors.ts";
import { meQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { useSearchValues } from "../../routing.tsx";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Banner } from "../../ui/states.tsx";
import { toast } from "../../ui/toast.tsx";
import { begin } from "../projects/begin.ts";
import { makeSample } from "../projects/sample.ts";
import { SessionFrame } from "./SessionFrame.tsx";
import { t } from "./text.ts";

const setupQuery = {
  queryKey: ["setup"],
  queryFn: () => answerAs<{ TokenFile: string; PasswordCharsMin: number }>(api.GET("/api/setup")),
  retry: false,
};

export const load = () => queryClient.prefetchQuery(setupQuery);

export function Page() {
  const { data: setup, error } = useQuery(setupQuery);
  if (error || !setup) {
    return (
      <SessionFrame title={t("setupTitle")}>
        <Banner actions={<LinkAction to={paths.signIn()}>{t("signIn")}</LinkAction>}>{t("setupDone")}</Banner>
      </SessionFrame>
    );
  }
  return (
    <SessionFrame title={t("setupTitle")}>
      <SetupForm file={setup.TokenFile} charsMin={setup.PasswordCharsMin} />
    </SessionFrame>
  );
}

/** Makes the sample project. Answers with where to go: the account is there whatever becomes of the project. */
async function sample(): Promise<string> {
  try {
    const [me, slug] = [await queryClient.fetchQuery(meQuery), await makeSample()];
    begin(me.Id ?? "", slug);
    return paths.process(slug);
  } catch (failure) {
    toast(t("noSample", { why: asApiError(failure).message }));
    return paths.projects();
  }
}

function SetupForm({ file, charsMin }: { file: string; charsMin: number }) {
  const navigate = useNavigate();
  const [token, setToken] = useState(useSearchValues().token ?? "");
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const [hasSample, setSample] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblems([]);
    try {
      const body = { Token: token.trim(), Username: username, Password: password };
      await answer(api.POST("/api/setup", { body }));
      await answerAs(api.POST("/api/users/login", { body: { Username: username, Password: password } }));
      await queryClient.resetQueries();
      await navigate({ to: hasSample ? await sample() : paths.projects(), replace: true });
    } catch (failure) {
      const known = asApiError(failure);
      setProblems(known.errors.length > 0 ? known.errors : [[known.message, known.help].filter(Boolean).join(" ")]);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p className="muted">{t("setupIntro", { file })}</p>
      {problems.map((problem) => (
        <Banner key={problem} tone="error">
          {problem}
        </Banner>
      ))}
      <TextInput
        label={t("token")}
        required
        autoComplete="off"
        spellCheck={false}
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <TextInput
        label={t("username")}
        required
        autoComplete="username"
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <PasswordInput
        label={t("password")}
        description={t("passwordRule", { n: charsMin })}
        required
        minLength={charsMin}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Checkbox
        label={t("sample")}
        description={t("sampleHelp")}
        checked={hasSample}
        onChange={(event) => setSample(event.currentTarget.checked)}
      />
      <Action type="submit" look="primary" busy={isBusy}>
        {t("createAccount")}
      </Action>
    </form>
  );
}
