export { installPackages, type InstallHost } from "./host/install.ts";
export { installCommand, missingPackages, startPackages, type HostPackage } from "./host/packages.ts";
