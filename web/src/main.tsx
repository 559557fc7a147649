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
import { queryClient } from "./api/queries.ts";
import { router } from "./routes.tsx";
import { colorScheme } from "./ui/appearance.ts";
import { theme } from "./ui/mantine.ts";

const container = document.getElementById("root");
if (!container) throw new Error("index.html has the element #root");
createRoot(container).render(
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
