/** The window's title, which also says which state the page is in. */
import { useEffect } from "react";
import { common } from "../text/common.ts";

export function useDocumentTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · ${common("product")}`;
  }, [title]);
}
