/** One's own API keys. The key itself is shown once, when it is made. */
import { TextInput } from "@mantine/core";
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { answer, answerAs, api, type Schemas } from "../../api/client.ts";
import { queryClient } from "../../api/queries.ts";
import { fullTime } from "../../format.ts";
import { messages } from "../../text/messages.ts";
import { Action } from "../../ui/Action.tsx";
import { Confirm, Dialog } from "../../ui/Dialog.tsx";
import { Form } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Banner, CopyAction, Empty } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { useWork } from "../../ui/work.ts";
import { Expiry, expires, usualDays } from "./Expiry.tsx";

const t = messages({
  title: "API keys",
  empty: "Programs act for you with an API key: the command line, build servers, scripts.",
  create: "New key",
  purpose: "Purpose",
  purposeHelp: "What uses it, so that you know later what stops when you delete it.",
  expires: "Expires",
  never: "never",
  key: "Key",
  created: "Created",
  once: "This is the only time the key is shown. Copy it now.",
  copy: "Copy the key",
  done: "Done",
  delete: "Delete",
  deleteTitle: "Delete the key for '{purpose}'",
  deleteText: "What uses it can no longer sign in, at once.",
  deleteVerb: "Delete key",
});

interface Key extends Omit<Schemas["ApiKey"], "ApiKey"> {
  ApiKey: { Hint: string };
}

const me = { params: { path: { user: "me" } } };
const keysQuery = queryOptions({
  queryKey: ["me", "apikeys"],
  queryFn: () => answerAs<{ Items: Key[] }>(api.GET("/api/users/{user}/apikeys", me)),
});

export const load = () => queryClient.ensureQueryData(keysQuery);

export function Page() {
  const { data: keys } = useSuspenseQuery(keysQuery);
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<string>();
  return (
    <Frame>
      <PageHeader
        title={t("title")}
        actions={
          <Action data-create look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
            {t("create")}
          </Action>
        }
      />
      {made && (
        <Banner
          actions={
            <>
              <CopyAction text={made}>{t("copy")}</CopyAction>
              <Action onClick={() => setMade(undefined)}>{t("done")}</Action>
            </>
          }
        >
          <p>{t("once")}</p>
          <p className="mono" style={{ overflowWrap: "anywhere" }}>
            {made}
          </p>
        </Banner>
      )}
      {keys.Items.length === 0 ? (
        <Empty icon={<KeyRound size={24} strokeWidth={1.5} aria-hidden />} text={t("empty")} />
      ) : (
        <KeyTable keys={keys.Items} />
      )}
      <Dialog title={t("create")} opened={isCreating} onClose={() => setCreating(false)}>
        <NewKey
          onCancel={() => setCreating(false)}
          onMade={(key) => {
            setMade(key);
            setCreating(false);
          }}
        />
      </Dialog>
    </Frame>
  );
}

function KeyTable({ keys }: { keys: Key[] }) {
  const [leaving, setLeaving] = useState<Key>();
  const remove = async () => {
    const path = { user: "me", id: leaving?.Id ?? "" };
    await answerAs(api.DELETE("/api/users/{user}/apikeys/{id}", { params: { path } }));
    await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
  };
  return (
    <>
      <table className="table stacked">
        <thead>
          <tr>
            <th>{t("purpose")}</th>
            <th>{t("key")}</th>
            <th>{t("created")}</th>
            <th>{t("expires")}</th>
            <th>
              <span className="visually-hidden">{t("delete")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.Id}>
              <th scope="row">{key.Purpose}</th>
              <td className="mono" data-label={t("key")}>
                {key.ApiKey.Hint}
              </td>
              <td data-label={t("created")}>{key.Created && <Age at={key.Created} />}</td>
              <td data-label={t("expires")}>
                {key.Expires ? (
                  <time dateTime={key.Expires}>{fullTime(key.Expires).split(" at ")[0]}</time>
                ) : (
                  t("never")
                )}
              </td>
              <td className="end">
                <Action look="quiet" onClick={() => setLeaving(key)}>
                  {t("delete")}
                  <span className="visually-hidden">{` ${key.Purpose}`}</span>
                </Action>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Confirm
        title={t("deleteTitle", { purpose: leaving?.Purpose ?? "" })}
        verb={t("deleteVerb")}
        opened={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        onConfirm={remove}
      >
        {t("deleteText")}
      </Confirm>
    </>
  );
}

function NewKey({ onMade, onCancel }: { onMade: (key: string) => void; onCancel: () => void }) {
  const [purpose, setPurpose] = useState("");
  const [days, setDays] = useState(usualDays);
  const work = useWork();
  const create = async () => {
    const body = { Purpose: purpose, ...expires(days) };
    const key = (await answer(api.POST("/api/users/{user}/apikeys", { ...me, body: body as never }))) as {
      ApiKey: string;
    };
    await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
    onMade(key.ApiKey);
  };
  return (
    <Form work={work} onSubmit={create} verb={t("create")} onCancel={onCancel}>
      <TextInput
        label={t("purpose")}
        description={t("purposeHelp")}
        required
        data-autofocus
        value={purpose}
        onChange={(event) => setPurpose(event.currentTarget.value)}
      />
      <Expiry days={days} onChange={setDays} />
    </Form>
  );
}
