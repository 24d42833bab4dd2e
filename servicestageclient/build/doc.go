// Package build has ServiceStage's operations on builds: build jobs, their runs, and the phases and
// logs of a run. They only read. Their paths name no project. All else is as in package
// servicestageclient.
package build
