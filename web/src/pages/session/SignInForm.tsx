/** The sign-in form: on its page, and on the overlay over a page whose session ended. */
import { PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { answerAs, api } from "../../api/client.ts";
import { asApiError } from "../../api/errors.ts";
import { Action } from "../../ui/Action.tsx";
import { Banner } from "../../ui/states.tsx";
import { t } from "./text.ts";

export function SignInForm({ onDone }: { onDone: (userId: string) => void }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      const body = { Username: username, Password: password };
      const user = await answerAs<{ Id: string }>(api.POST("/api/users/login", { body }));
      onDone(user.Id);
    } catch (failure) {
      const known = asApiError(failure);
      setError([known.message, known.code === "BadLogin" ? undefined : known.help].filter(Boolean).join(" "));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      {error && <Banner tone="error">{error}</Banner>}
      <TextInput
        label={t("username")}
        autoComplete="username"
        required
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <PasswordInput
        label={t("password")}
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Action type="submit" look="primary" busy={isBusy}>
        {t("signIn")}
      </Action>
    </form>
  );
}
