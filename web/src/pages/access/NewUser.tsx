/** Making a user. */
import { Checkbox, PasswordInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { paths } from "../../paths.ts";
import { Form } from "../../ui/Form.tsx";
import { useWork } from "../../ui/work.ts";
import { createUser } from "./queries.ts";
import { t } from "./text.ts";

export function NewUser({ onDone }: { onDone: () => void }) {
  const [username, setUsername] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [isService, setService] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  const work = useWork();
  const navigate = useNavigate();
  const create = async () => {
    const user = await createUser({
      Username: username,
      DisplayName: name,
      EmailAddress: email,
      IsService: isService,
      ...(!isService && { Password: password.current?.value ?? "" }),
    });
    onDone();
    await navigate({ to: paths.users({ user: user.Id }), resetScroll: false });
  };
  return (
    <Form work={work} onSubmit={create} verb={t("addUser")} onCancel={onDone}>
      <TextInput
        label={t("username")}
        required
        data-autofocus
        autoComplete="off"
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <TextInput label={t("displayName")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput
        label={t("email")}
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Checkbox
        label={t("isService")}
        checked={isService}
        onChange={(event) => setService(event.currentTarget.checked)}
      />
      {!isService && (
        <PasswordInput
          ref={password}
          label={t("password")}
          description={t("passwordHelp")}
          required
          autoComplete="new-password"
        />
      )}
    </Form>
  );
}
