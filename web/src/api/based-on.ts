/** Says what a change is based on, so that the server refuses it when somebody else saved in between (`If-Match`). */
export function basedOn(read: { LastModifiedOn?: string | null }): { headers?: Record<string, string> } {
  return read.LastModifiedOn ? { headers: { "If-Match": `"${read.LastModifiedOn}"` } } : {};
}
