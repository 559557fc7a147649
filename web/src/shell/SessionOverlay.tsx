/** The session ended while a page is open: sign in over it, so that nothing on it is lost. */
import { Modal } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { myId, queryClient } from "../api/queries.ts";
import { personLeft, sessionBegan } from "../api/session.ts";
import { SignInForm } from "../pages/session/SignInForm.tsx";
import { t } from "./dialog-text.ts";

export default function SessionOverlay() {
  const router = useRouter();
  const signedIn = (id: string) => {
    if (id !== myId()) {
      // The page is somebody else's, with what they typed.
      personLeft();
      location.reload();
      return;
    }
    sessionBegan();
    queryClient.invalidateQueries();
    router.invalidate();
  };
  return (
    <Modal.Root opened onClose={() => {}} centered lockScroll={false} zIndex={600}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body pt="md">
          <Modal.Title mb="xs">{t("signInAgain")}</Modal.Title>
          <p className="muted">{t("sessionEnded")}</p>
          <SignInForm onDone={signedIn} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
