/** Signing a program in, such as the command line: its code is typed, who asks is looked at, and confirmed or sent away. */
import { TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, answerAs, api, type Schemas } from "../../api/client.ts";
import { meQuery, queryClient } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { messages } from "../../text/messages.ts";
import { Action, LinkAction } from "../../ui/Action.tsx";
import { Form } from "../../ui/Form.tsx";
import { Page as Frame, PageHeader } from "../../ui/Page.tsx";
import { Banner } from "../../ui/states.tsx";
import { Age } from "../../ui/Time.tsx";
import { useWork } from "../../ui/work.ts";
import { Expiry, expires, usualDays } from "./Expiry.tsx";

const t = messages({
  title: "Sign in a program",
  intro: "The command regatta login shows a code in its terminal. Type it here to let it act for you.",
  code: "Code",
  codeHelp: "Nine letters, like BCD-FGH-JKM.",
  next: "Continue",
  who: "Program",
  from: "Asks from",
  asked: "Asked",
  may: "It may",
  mayText: "do everything that {name} may do, until the key expires or is deleted under API keys.",
  onlyYours: "Confirm only what you have started yourself just now.",
  elsewhere: "It asks from another network than the one you are in.",
  confirm: "Sign in this program",
  refuse: "Refuse",
  again: "Another code",
  confirmed: "{device} is signed in. Go back to its terminal.",
  refused: "{device} was sent away.",
  keys: "API keys",
});

type Asking = Schemas["WaitingSignIn"];
type Outcome = "confirmed" | "refused";

export const load = () => queryClient.ensureQueryData(meQuery);

export function Page() {
  const [asking, setAsking] = useState<Asking>();
  const [outcome, setOutcome] = useState<Outcome>();
  const begin = () => {
    setAsking(undefined);
    setOutcome(undefined);
  };
  return (
    <Frame>
      <PageHeader title={t("title")} />
      {asking === undefined && <Code onFound={setAsking} />}
      {asking !== undefined && outcome === undefined && <Question asking={asking} onDone={setOutcome} />}
      {asking !== undefined && outcome !== undefined && (
        <Banner
          actions={
            <>
              <LinkAction to={paths.apiKeys()}>{t("keys")}</LinkAction>
              <Action onClick={begin}>{t("again")}</Action>
            </>
          }
        >
          {t(outcome, { device: asking.Device ?? "" })}
        </Banner>
      )}
    </Frame>
  );
}

function Code({ onFound }: { onFound: (asking: Asking) => void }) {
  const [code, setCode] = useState("");
  const work = useWork();
  const find = async () => {
    // Without a letter the address would be another one.
    const path = { code: code.trim() || "-" };
    onFound(await answer(api.GET("/api/signinrequests/{code}", { params: { path } })));
  };
  return (
    <div className="stack">
      <p className="muted">{t("intro")}</p>
      <Form work={work} onSubmit={find} verb={t("next")}>
        <TextInput
          label={t("code")}
          description={t("codeHelp")}
          required
          autoFocus
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      </Form>
    </div>
  );
}

interface QuestionProps {
  asking: Asking;
  onDone: (outcome: Outcome) => void;
}

function Question({ asking, onDone }: QuestionProps) {
  const { data: me } = useSuspenseQuery(meQuery);
  const [days, setDays] = useState(usualDays);
  const work = useWork();
  const params = { path: { code: asking.Code ?? "" } };
  const confirm = async () => {
    await answerAs(api.POST("/api/signinrequests/{code}/approve", { params, body: expires(days) }));
    await queryClient.invalidateQueries({ queryKey: ["me", "apikeys"] });
    onDone("confirmed");
  };
  const refuse = async () => {
    await answerAs(api.POST("/api/signinrequests/{code}/refuse", { params }));
    onDone("refused");
  };
  return (
    <div className="stack">
      <table className="table stacked">
        <tbody>
          <Fact name={t("who")}>
            <strong>{asking.Device}</strong>
          </Fact>
          <Fact name={t("from")}>
            <span className="mono">{asking.Address}</span>
          </Fact>
          <Fact name={t("asked")}>{asking.Created && <Age at={asking.Created} />}</Fact>
          <Fact name={t("may")}>{t("mayText", { name: me.Username ?? "" })}</Fact>
        </tbody>
      </table>
      <Banner tone="warning">
        {!asking.IsFromYourNetwork && <p>{t("elsewhere")}</p>}
        <p>{t("onlyYours")}</p>
      </Banner>
      <Form
        work={work}
        onSubmit={confirm}
        verb={t("confirm")}
        instead={
          <Action look="danger" busy={work.isBusy} onClick={() => work.run(refuse)}>
            {t("refuse")}
          </Action>
        }
      >
        <Expiry days={days} onChange={setDays} />
      </Form>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{children}</td>
    </tr>
  );
}
