// Package servicecomb has the operations of a microservice engine's registry, microservices and their
// instances, and of its configuration center, keys and values.
//
// An engine has an address of its own, where [servicestageclient.Client.At] leads to. One with security
// authentication wants a token of its own: [Client.CreateEngineToken] gives one that is good for twelve
// hours, and Authorization of every other Input is "Bearer " and that token. Such a call is not signed
// and tells the engine nothing else of the caller.
//
// ListKvs and GetConfigurationItems of package cse answer 304 where nothing has changed since the
// revision that was given: see [NotModified]. All else is as in package servicestageclient.
package servicecomb
