/** How large the picture is drawn, and which part of it is in view. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { CARD, type Layout } from "./layout.ts";

/** Cards drawn smaller than this do not hold their names in letters one can read. */
const LEGIBLE = 0.75;
const SCALE = { min: 0.3, max: 1.6 };
/** A card in view has this much around it. */
const AROUND_PX = 24;

export function useView(picture: Layout, at: string | undefined) {
  const frame = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(1);
  const place = picture.cards.find((card) => card.slug === at);
  const fitting = useCallback(() => {
    const [width, height] = [frame.current?.clientWidth ?? 0, frame.current?.clientHeight ?? 0];
    return width > 0 ? Math.min(1, width / picture.width, height / picture.height) : 1;
  }, [picture]);
  const hasSize = picture.width > 2 * CARD.height;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the picture first has a size
  useEffect(() => {
    const fits = fitting();
    setScale(fits >= LEGIBLE ? fits : 1);
  }, [hasSize]);
  useBring(frame, place && { x: place.x * scale, y: place.y * scale, slug: place.slug }, scale);
  useStay(frame, place, scale);
  const zoom = (by: number) => setScale((before) => Math.min(SCALE.max, Math.max(SCALE.min, before + by)));
  return { frame, scale, setScale, zoom, showAll: () => setScale(Math.max(SCALE.min, fitting())) };
}

interface Spot {
  slug: string;
  x: number;
  y: number;
}

/** What is chosen comes into view, wherever it was chosen. */
function useBring(frame: React.RefObject<HTMLDivElement | null>, spot: Spot | undefined, scale: number) {
  const latest = useRef(spot);
  latest.current = spot;
  // biome-ignore lint/correctness/useExhaustiveDependencies: when something else is chosen, not when it moves
  useEffect(() => {
    const [at, to] = [frame.current, latest.current];
    if (!at || !to) return;
    const [width, height] = [CARD.width * scale, CARD.height * scale];
    const isIn =
      to.x >= at.scrollLeft &&
      to.x + width <= at.scrollLeft + at.clientWidth &&
      to.y >= at.scrollTop &&
      to.y + height <= at.scrollTop + at.clientHeight;
    if (isIn) return;
    at.scrollLeft = Math.max(0, to.x - Math.max(AROUND_PX, (at.clientWidth - width) / 2));
    at.scrollTop = Math.max(0, to.y - Math.max(AROUND_PX, (at.clientHeight - height) / 2));
  }, [spot?.slug, scale]);
}

/** When the picture is laid out anew, the step one looks at stays where it is. */
function useStay(frame: React.RefObject<HTMLDivElement | null>, place: Spot | undefined, scale: number) {
  const before = useRef<Spot>(undefined);
  useLayoutEffect(() => {
    const was = before.current;
    before.current = place && { slug: place.slug, x: place.x, y: place.y };
    if (!frame.current || !was || !place || was.slug !== place.slug) return;
    frame.current.scrollLeft += (place.x - was.x) * scale;
    frame.current.scrollTop += (place.y - was.y) * scale;
  }, [frame, place, scale]);
}
