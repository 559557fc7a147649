/** A landing page's way on: cards that lead to pages, and what has no page yet. */
import { Link } from "@tanstack/react-router";
import classes from "./Links.module.css";

interface Place {
  title: string;
  text: string;
  /** Nothing: there is no page yet, and the text says so. */
  to?: string;
}

export function Links({ places }: { places: Place[] }) {
  return (
    <ul className={classes.links}>
      {places.map((place) => (
        <li key={place.title} className="card">
          <h2>{place.to ? <Link to={place.to}>{place.title}</Link> : place.title}</h2>
          <p className="muted">{place.text}</p>
        </li>
      ))}
    </ul>
  );
}
