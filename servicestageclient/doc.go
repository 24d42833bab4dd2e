// Package servicestageclient is a client of Huawei Cloud ServiceStage: all 155 operations of the API
// reference, typed, checked, signed, with errors that say what to do about them.
//
// # Packages
//
// This package has the third generation of the API, in which a component is one workload in one
// environment: environments, applications, components with their releases, jobs, runtime stacks,
// configuration files, add-ons. Other parts of the API have packages of their own, whose clients are
// made from the client of this one:
//
//	v2            environments, applications, components and instances of the second generation
//	git           source code: authorizations, branches, tags, hooks, files
//	cse           microservice engines
//	servicecomb   registry and configuration center of an engine
//	build         build jobs
//	catalog       all of them in one table, called by name
//
// What callers of every client of a cloud platform hold (errors and their classes, secrets,
// operations as data) is in package cloudapi.
//
// # A client
//
// [New] makes a [Client] from a [Config]: a project, a region that names the endpoint or an Endpoint, and
// a [Credential]. [Keys] sign requests with an access key, which may be temporary; [KeysFrom] reads one
// from the environment as the vendor's SDKs do; a [TokenSource] asks IAM for tokens with the name
// and password of a user, keeps them, and renews them before they end, once for many callers. A request
// that is signed has at most 12 MB. A Client is safe for concurrent use.
//
// # Operations
//
// Each operation is a method that takes an Input and returns an Output:
//
//	out, err := client.ComponentAction(ctx, &servicestageclient.ComponentActionInput{
//		ApplicationID: application,
//		ComponentID:   component,
//		Action:        servicestageclient.ActionScale,
//		Parameters:    &servicestageclient.ActionParameters{Replica: new(3)},
//	})
//
// Required parameters are plain values and must not be empty. Optional ones are pointers, lists and
// maps: nil is not sent. Inside of structs an empty text is not sent, unless the reference wants it
// always. The project is a part of every path, and no parameter.
//
// # Releases
//
// [Client.UpdateComponent] takes the whole specification of a component: what is left out may be lost.
// UpdateInput of a [Component] that was read makes a request that changes nothing; set Source, Version
// and DeployStrategy in it. A version is used once, so that a release that was sent twice is refused the
// second time ([CodeVersionUsed]). A change is a job: [Client.WaitJob] waits for its end. A gray release
// is not at its end then: the component waits ([ComponentGraying]) for [ActionContinueDeploy] or
// [ActionRollback].
//
// # Answers
//
// An Output holds what the operation answers ([Environment], [Component], [ConfigFile]…) as an embedded
// struct, or its members. Members are read in any case: the reference prints those of a job in capitals
// and in small letters. Times are [time.Time]. What is not documented is kept in the field Unknown of
// its struct and is sent again with it.
//
// # Validation
//
// Before anything is sent, a typed method compares its Input with the rules of the reference. A
// [*cloudapi.ValidationError] names all problems at once, by the API's names; Validate of an Input
// does the same without a call. Where the platform has become newer than its reference, use
// [Client.Unchecked].
//
// # Lists
//
// Every list that pages has an iterator, named after the operation, that reads page by page while
// it is walked through:
//
//	for component, err := range client.ListComponentsAll(ctx, nil) {
//
// # By name
//
// [Client.Call] carries out an operation by name, with parameters as text, for command lines and
// tools. [Operations] and [LookupOperation] give the table of operations with every parameter's
// position, type and limits. Package catalog does so for all packages.
//
// # Errors
//
// Every call fails with a [*cloudapi.Error]. Its [cloudapi.Class] says what to do:
//
//	ErrInvalid, ErrNotFound, ErrAuth, ErrQuota, ErrFailed   do not repeat
//	ErrConflict                                             wait for the running job where EndsByItself says so; else change the request
//	ErrThrottled, ErrUnavailable                            repeat later
//	ErrAmbiguous                                            look whether it was done, then perhaps repeat
//
// Classes come from the documented codes ([LookupErrorCode]), then from the HTTP status; never from
// messages. The number in a code is no status: SVCSTG.00100441 is a conflict and comes with 404, and
// SVCSTG.00100401 under 401 says that a thing is not there, not that the credential is wrong. A call that
// changes state is ErrAmbiguous when it went out and its answer was lost, and when the service answers
// that it has failed inside.
//
// # Nothing is repeated unasked
//
// The client sends each request once. Config.ReadRetries repeats calls that only read, and never
// one that changes state.
//
// # Secrets
//
// Values of environment variables, contents of configuration files, passwords, tokens and secrets of
// hooks are of type [cloudapi.Secret], which shows itself nowhere; convert one to string to read it. What
// an Input shows of itself is redacted as well, and what a request held in secret is removed from error
// messages.
//
// # Facts
//
// The zz_ files are generated from api/servicestage, which holds the API reference of December 2024 as
// data. Regenerate with go generate.
package servicestageclient
