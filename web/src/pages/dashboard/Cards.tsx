/** The dashboard on a phone: one card a project, nothing scrolls sideways. */
import { Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { listed } from "../../text/messages.ts";
import { Behind, Cell, Newer, slugOf } from "./Cell.tsx";
import classes from "./dashboard.module.css";
import { type Cells, cellKey, type Environment, type Group, type Project } from "./queries.ts";
import { t } from "./text.ts";

interface CardsProps {
  environments: Environment[];
  groups: { group: Group; projects: Project[] }[];
  cells: Cells;
}

export function Cards({ environments, groups, cells }: CardsProps) {
  return (
    <div className="stack">
      {groups.map(({ group, projects }) => (
        <section key={group.Id} className={classes.cards}>
          <h2 className={classes.cardGroup}>{group.Name}</h2>
          {projects.map((project) => (
            <Card key={project.Id} project={project} environments={environments} cells={cells} />
          ))}
        </section>
      ))}
    </div>
  );
}

interface CardProps {
  project: Project;
  environments: Environment[];
  cells: Cells;
}

function Card({ project, environments, cells }: CardProps) {
  const own = environments.filter((environment) => project.EnvironmentIds?.includes(environment.Id ?? ""));
  const itemOf = (environment: Environment) => cells.get(cellKey(project.Id, environment.Id));
  const deployed = own.filter(itemOf);
  const others = own.filter((environment) => !itemOf(environment)).map((environment) => environment.Name ?? "");
  return (
    <article className="card">
      <h3>
        <Link to={paths.project(slugOf(project))}>{project.Name}</Link>
      </h3>
      {deployed.length > 0 && (
        <dl className={classes.pills}>
          {deployed.map((environment) => (
            <div key={environment.Id}>
              <dt>{environment.Name}</dt>
              <dd>
                <Cell project={project} environment={environment} item={itemOf(environment)} />
                <Behind item={itemOf(environment)} />
                <Newer item={itemOf(environment)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {others.length > 0 && <p className="meta">{t("notDeployedTo", { environments: listed(others) })}</p>}
    </article>
  );
}
