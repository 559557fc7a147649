/** The one error every failed request becomes; pages, forms and toasts show it the same way. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly help: string | undefined;
  /** Every problem of a refused body (status 400), each a whole sentence. */
  readonly errors: string[];
  readonly facts: Record<string, unknown>;
  readonly requestId: string | undefined;

  constructor(status: number, body: ErrorBody, requestId?: string) {
    // With one problem, that is what to say; the message above it only says that there is one.
    const only = body.Errors?.length === 1 ? body.Errors[0] : undefined;
    super(only ?? body.ErrorMessage ?? "The server answered something that is not understood.");
    this.status = status;
    this.code = body.Code ?? `Http${status}`;
    this.help = body.HelpText;
    this.errors = body.Errors ?? [];
    this.facts = body.Facts ?? {};
    this.requestId = requestId;
  }

  /** True when asking again may help: the server could not be reached or failed by itself. */
  get isPassing(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

export interface ErrorBody {
  ErrorMessage?: string;
  Code?: string;
  HelpText?: string;
  Errors?: string[];
  Facts?: Record<string, unknown>;
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TypeError && /fetch|network/i.test(message)) {
    return new ApiError(0, { Code: "Unreachable", ErrorMessage: "The server cannot be reached." });
  }
  return new ApiError(-1, { Code: "PortalError", ErrorMessage: message });
}

/** All there is to know about an error, for pasting into a report. */
export function errorDetails(error: ApiError): string {
  const lines = [error.message, ...error.errors, error.help, `code ${error.code}, status ${error.status}`];
  if (error.requestId) lines.push(`request ${error.requestId}`);
  return lines.filter(Boolean).join("\n");
}
