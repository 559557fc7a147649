/** A part of a page whose code comes apart from the page's. Not for pages: those are chunks by their route. */
import { type ComponentType, lazy, useState } from "react";

interface Module<Props> {
  default: ComponentType<Props>;
}

/**
 * Loaded `ahead`, it is drawn with the page. Left to `lazy` alone it would stand behind its fallback for 300 ms, even if its code
 * was there after 10: React holds back what follows a fallback, so that pages do not flicker.
 */
export function chunk<Props extends object>(load: () => Promise<Module<Props>>) {
  let loaded: ComponentType<Props> | undefined;
  const Later = lazy(load);
  function Chunk(props: Props) {
    // The same one as long as it is shown: another one in its place would lose what is typed and scrolled.
    const [View] = useState<ComponentType<Props>>(() => loaded ?? Later);
    return <View {...props} />;
  }
  /** Never fails: that it cannot be read is told where it is drawn. */
  const ahead = () =>
    load().then(
      (module) => {
        loaded = module.default;
      },
      () => undefined,
    );
  return Object.assign(Chunk, { ahead });
}
