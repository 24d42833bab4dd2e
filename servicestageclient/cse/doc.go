// Package cse has ServiceStage's operations on microservice engines: making and deleting an engine,
// what became of a job of one, and importing and exporting the items of its configuration center.
//
// GetConfigurationItems and ReportMicroserviceMetrics are of the engines' own, older API; a program in
// an engine calls them at the engine's address, see [servicestageclient.Client.At]. All else is as in
// package servicestageclient.
package cse
