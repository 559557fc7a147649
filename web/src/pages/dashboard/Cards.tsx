/** The dashboard on a phone: one card a project, nothing scrolls sideways. */
import { Link } from "@tanstack/react-router";
import { paths } from "../../paths.ts";
import { Cell, Newer, slugOf } from "./Cell.tsx";
import classes from "./dashboard.module.css";
import { type Cells, cellKey, type Environment, type Group, type Project } from "./queries.ts";

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
            <article key={project.Id} className="card">
              <h3>
                <Link to={paths.project(slugOf(project))}>{project.Name}</Link>
              </h3>
              <dl className={classes.pills}>
                {environments
                  .filter((environment) => project.EnvironmentIds?.includes(environment.Id ?? ""))
                  .map((environment) => {
                    const item = cells.get(cellKey(project.Id, environment.Id));
                    return (
                      <div key={environment.Id}>
                        <dt>{environment.Name}</dt>
                        <dd>
                          <Cell project={project} environment={environment} item={item} />
                          <Newer item={item} />
                        </dd>
                      </div>
                    );
                  })}
              </dl>
            </article>
          ))}
        </section>
      ))}
    </div>
  );
}
