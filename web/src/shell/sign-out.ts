/** Signing out. One that fails must not be believed: it is said, and can be tried again. */
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../api/client.ts";
import { asApiError } from "../api/errors.ts";
import { queryClient } from "../api/queries.ts";
import { personLeft, sessionBegan, sessionForgotten } from "../api/session.ts";
import { stopLive } from "../live/live.ts";
import { paths } from "../paths.ts";

export function useSignOut() {
  const navigate = useNavigate();
  const [why, setWhy] = useState<string>();
  const signOut = async () => {
    setWhy(undefined);
    sessionForgotten();
    try {
      await answer(api.POST("/api/users/logout"));
    } catch (error) {
      const known = asApiError(error);
      // Without a session there is nothing left to end.
      if (known.status !== 401) {
        sessionBegan();
        setWhy(known.message);
        return;
      }
    }
    stopLive();
    personLeft();
    queryClient.clear();
    await navigate({ to: paths.signIn() });
  };
  return { signOut, why };
}
