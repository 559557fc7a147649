/** The whole picture in small, with the part that is in view: for the eye and the mouse, the keys walk the graph itself. */
import { type PointerEvent, type RefObject, useEffect, useState } from "react";
import { CARD, type Layout } from "./layout.ts";
import classes from "./MiniMap.module.css";

const SIZE = { width: 200, height: 120 };

interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What of the picture is in view. */
function usePart(frame: RefObject<HTMLDivElement | null>, scale: number): Part | undefined {
  const [part, setPart] = useState<Part>();
  useEffect(() => {
    const at = frame.current;
    if (!at) return;
    const look = () =>
      setPart({
        x: at.scrollLeft / scale,
        y: at.scrollTop / scale,
        width: at.clientWidth / scale,
        height: at.clientHeight / scale,
      });
    look();
    const size = new ResizeObserver(look);
    size.observe(at);
    at.addEventListener("scroll", look, { passive: true });
    return () => {
      size.disconnect();
      at.removeEventListener("scroll", look);
    };
  }, [frame, scale]);
  return part;
}

interface MiniMapProps {
  picture: Layout;
  frame: RefObject<HTMLDivElement | null>;
  scale: number;
  selected: string | undefined;
}

export function MiniMap({ picture, frame, scale, selected }: MiniMapProps) {
  const part = usePart(frame, scale);
  const small = Math.min(SIZE.width / picture.width, SIZE.height / picture.height);
  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons === 0 || !frame.current) return;
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / small, (event.clientY - box.top) / small];
    frame.current.scrollTo({
      left: x * scale - frame.current.clientWidth / 2,
      top: y * scale - frame.current.clientHeight / 2,
    });
  };
  const card = picture.cards.find((known) => known.slug === selected);
  const cards = picture.cards.map(({ x, y }) => `M${x},${y}h${CARD.width}v${CARD.height}h${-CARD.width}z`).join("");
  return (
    <svg
      className={classes.map}
      width={picture.width * small}
      height={picture.height * small}
      viewBox={`0 0 ${picture.width} ${picture.height}`}
      aria-hidden
      data-map
      role="presentation"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={go}
    >
      <path className={classes.cards} d={cards} />
      {card && <rect className={classes.chosen} x={card.x} y={card.y} {...CARD} />}
      {part && <rect className={classes.part} {...part} />}
    </svg>
  );
}
