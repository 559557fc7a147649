/** Where the portal starts. */
import "./ui/mantine.ts";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/tables.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/errors.ts";
import { queryClient } from "./api/queries.ts";
import { router } from "./routes.tsx";
import { colorScheme } from "./ui/appearance.ts";
import { theme } from "./ui/mantine.ts";

const container = document.getElementById("root");
if (!container) throw new Error("index.html has the element #root");
createRoot(container, {
  // What the server refused is told on the page; only the portal's own mistakes belong in the console.
  onCaughtError: (error) => {
    if (!(error instanceof ApiError)) console.error(error);
  },
}).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      colorSchemeManager={colorScheme}
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateCssVariables={false}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
