import { messages } from "../text/messages.ts";

export const t = messages({
  newer: "{who} saved this meanwhile. What you typed is kept on top of it: look, then save.",
  overtaken: "{who} changed the same meanwhile. What you typed is kept. Choose before you save.",
  somebody: "Somebody else",
  theirs: "{field}, theirs: {value}",
  keepMine: "Keep mine",
  takeTheirs: "Take theirs",
  choose: "Choose first whether to keep yours or take theirs.",
});
