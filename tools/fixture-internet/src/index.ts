export { startFixtureInternet, type ArrivedRequest, type FixtureInternet } from "./start-fixture-internet.ts";
