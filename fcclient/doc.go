// Package fcclient is a client of Alibaba Cloud Function Compute 2.0, API version 2016-08-15: all 49
// operations of the API reference, typed, checked, signed, with errors that say what to do about
// them.
//
// # What is shared
//
// What callers of every client of a cloud platform hold (errors and their classes, secrets,
// operations as data) is in package cloudapi. This package adds what is Function Compute's alone.
//
// # A client
//
// [New] makes a [Client] from a [Config]: the account and the region name the endpoint, or an
// Endpoint is given, for a simulator, a proxy or the network inside of Alibaba Cloud. Without a
// credential it uses Alibaba Cloud's default chain (ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, OIDC
// role, profiles, instance role). Temporary keys travel with their security token. A Client is safe
// for concurrent use.
//
// # Operations
//
// Each operation is a method that takes an Input and returns an Output:
//
//	out, err := client.UpdateAlias(ctx, &fcclient.UpdateAliasInput{
//		ServiceName:             "shop",
//		AliasName:               "live",
//		VersionID:               new("7"),
//		AdditionalVersionWeight: map[string]float64{"8": 0.05},
//	})
//
// Required parameters are plain values and must not be empty. Optional ones are pointers, lists and
// maps: nil is not sent, which keeps a setting; an empty text, list or map is sent and clears it.
// Inside of structs an empty text is not sent.
//
// Qualifier is a version or an alias; without it a call is about LATEST, the state that can be
// changed. Reading through an alias shows its main version only.
//
// # Answers
//
// An Output holds what the operation answers ([Service], [Function], [Alias]…) as an embedded
// struct, or the list, and the headers that say something: RequestID always, ETag of what can be
// changed. Times are [time.Time]. Times inside of scaling rules are texts, so that rules can be put
// back as they were read. What is not documented is kept in the field Unknown of its struct and is
// sent again with it.
//
// An alias without a gray version has AdditionalVersionWeight nil or empty; both mean the same. An
// entry of weight 1 is possible: that version alone serves then.
//
// # Others who write
//
// The ETag of an answer is given as IfMatch to the next write, which then fails with
// [CodePreconditionFailed] when somebody else has written in between. Without it the last writer
// wins. [CodeConcurrentUpdate] says that two writes met. Both are of class ErrConflict: read again,
// then decide.
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
//	for service, err := range client.ListServicesAll(ctx, nil) {
//
// # HTTP triggers
//
// [Client.TriggerURL] gives the address of an HTTP trigger, [Client.Sign] signs a request to one of
// authType function, and [Client.SignURL] puts the signature into the query of an address.
//
// # By name
//
// [Client.Call] carries out an operation by name, with parameters as text, for command lines and
// tools. [Operations] and [LookupOperation] give the table of operations with every parameter's
// position, type and limits.
//
// # Errors
//
// Every call fails with a [*cloudapi.Error]. Its [cloudapi.Class] says what to do:
//
//	ErrInvalid, ErrNotFound, ErrAuth, ErrQuota, ErrFailed   do not repeat
//	ErrConflict                                             look at the state, then decide
//	ErrThrottled, ErrUnavailable                            repeat later
//	ErrAmbiguous                                            look whether it was done, then perhaps repeat
//
// Classes come from the documented codes ([LookupErrorCode]), then from the HTTP status; never from
// messages. A call that changes state is ErrAmbiguous when it went out and its answer was lost, and
// when the service answers InternalServerError.
//
// A function that fails is no error of the call: see [InvokeFunctionOutput.ErrInvocation].
//
// # Nothing is repeated unasked
//
// The client sends each request once. Config.ReadRetries repeats calls that only read, and never
// one that changes state. Most writes of this API are absolute and may be said again after a look;
// [Client.PublishServiceVersion] adds a version each time something has changed, so its Description
// should hold a mark by which the version is found after a lost answer.
//
// # Secrets
//
// Values of environment variables, code that travels in a request, private keys, events and
// addresses of code are of type [cloudapi.Secret], which shows itself nowhere; convert one to
// string to read it. What an Input shows of itself is redacted as well, and what a request held in
// secret is removed from error messages. Payload of [InvokeFunctionOutput] is shown as it is.
//
// # Facts
//
// The zz_ files are generated from api/fc, which holds the API reference of February 2022 as data.
// What it does not have and other clients of the vendor know is marked as not in the reference.
// Regenerate with go generate.
package fcclient
