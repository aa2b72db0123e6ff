/** On everything a bottle has in an engine: its owner's label. Names alone prove nothing. */
export const ownedLabel = "bottle.owned";
/** The part of it that names the BOTTLE_HOME. */
export const homeLabel = "bottle.home";

/** Labels of everything a bottle has in the engine. */
export function labelsOf(label: string): Readonly<Record<string, string>> {
  const [home = "", identity = ""] = label.split(":");
  return { [ownedLabel]: label, [homeLabel]: home, "bottle.identity": identity };
}
