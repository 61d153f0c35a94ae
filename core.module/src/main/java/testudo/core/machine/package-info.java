/// A machine from options to its end: what is installed, what was chosen, the plan, the running machine.
///
/// Steps, each with inputs and outputs of its own: [Providers] → [Selection] → [Blueprint] (plan, device specifications, command line; needs
/// no hypervisor to be made) → [Machine] (memory, controllers, devices, vCPUs) → [RunResult].
package testudo.core.machine;
