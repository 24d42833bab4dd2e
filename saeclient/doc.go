// Package saeclient is a client of the Alibaba Cloud SAE (Serverless App Engine) API, version
// 2019-05-06: all 79 operations of the SAE API reference and the 73 that today's service has
// beyond it, typed, checked, signed by the official SDK core, with errors that say what to do
// about them.
//
// # What is shared
//
// What callers of every client of a cloud platform hold (errors and their classes, secrets,
// lists, operations as data) is in package cloudapi. This package adds what is SAE's alone.
//
// # A client
//
// [New] makes a [Client] from a [Config]; only the region is required. Without a credential it
// uses Alibaba Cloud's default chain (ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, OIDC role,
// profiles, instance role). Endpoint may be a URL, for a simulator, a proxy or a VPC endpoint.
// A Client is safe for concurrent use.
//
// # Operations
//
// Each operation is a method that takes an Input and returns an Output:
//
//	out, err := client.DeployApplication(ctx, &saeclient.DeployApplicationInput{
//		AppID:    "7171a6ca-…",
//		ImageURL: new("registry.example/shop:1.4.2"),
//		Envs:     []saeclient.EnvVar{{Name: "LANG", Value: "C"}},
//		Liveness: &saeclient.Probe{TCPSocket: &saeclient.TCPSocketAction{Port: 8080}},
//	})
//
// Required parameters are plain values and must not be empty. Optional ones are pointers and
// lists: nil is not sent, and an empty text is sent as an empty text, which clears a setting.
// Parameters that travel as JSON text are structs ([UpdateStrategy], [ScalingRuleTimer],
// [ScalingRuleMetric], [Probe], [LifecycleHook], [TomcatConfig], [IngressBackend],
// [ConfigMapData]) and lists ([cloudapi.List]); the zero value of a struct is the empty text.
// [NASConfig], [SidecarContainer] and the other types of zz_shapetypes.gen.go are made from the
// facts. What an answer holds beyond the fields of a structured type is kept in its field
// Unknown, and travels when it is sent again; variables and gray rules, whose answers print
// members that mean nothing for their kind, have no such field. Only KafkaLogfileConfig is passed through as it is, because the reference and the official
// SDK disagree about it. Every structured type reads what it writes (UnmarshalText), and an
// Input can be read from JSON in which structured parameters are JSON or the text that travels.
//
// # Answers
//
// Outputs have the names of the wire with Go's initialisms: RequestID for RequestId; nested
// objects are XData, XData<Field>, where X is the operation. Objects below Data are pointers,
// nil when the answer left them out. Numbers, booleans and texts may arrive as any of the
// three. Times are [time.Time] in UTC, whichever of the platform's forms they arrive in: epoch
// milliseconds and seconds, as numbers or texts, yyyy-MM-dd HH:mm:ss in GMT+8, RFC 3339. Where
// DescribeApplicationConfig answers with JSON text, the field has the type of the parameter, so
// that it can be changed and sent again. What is not documented is kept in the field Unknown of
// its struct, and so is a time or JSON text that cannot be read.
//
// Data that an answer left out is zero, and zero can mean something ([ChangeOrderReady] is 0):
// check an ID in it before relying on the rest. Answers in XML are read as well as JSON;
// Config.XML asks for them.
//
// # Validation
//
// Before anything is sent, a typed method compares its Input with the rules of the reference:
// required, allowed values, lengths, patterns, ranges, what excludes what, also inside
// structured parameters. A [*cloudapi.ValidationError] names all problems at once, by the API's
// names; Validate of an Input does the same without a call. Where the platform has become newer
// than its reference, use [Client.Unchecked].
//
// # Lists and change orders
//
// Every list that pages has an iterator, named after the operation, that reads page by page
// while it is walked through:
//
//	for order, err := range client.ListChangeOrdersAll(ctx, &saeclient.ListChangeOrdersInput{AppID: id}) {
//
// [Client.WaitForChangeOrder] looks at a change order until it is finished, or until it needs
// somebody: a confirmation ([DescribeChangeOrderData.NextPipelineID] says of what), an
// approval, or an abort after a failed batch.
//
// # By name
//
// [Client.Call] carries out an operation by name, with parameters as text, for command lines
// and tools. It checks names and required parameters only. [Client.CallOperation] takes
// operations and parameters that the table does not have. [Operations] and [LookupOperation]
// give the table of operations with every parameter's position, type and limits;
// [cloudapi.Param.Check] applies them, and its Shape describes what JSON text holds.
//
// # Errors
//
// Every call fails with a [*cloudapi.Error]. Its [cloudapi.Class] says what to do:
//
//	ErrInvalid, ErrNotFound, ErrAuth, ErrBilling, ErrQuota, ErrFailed   do not repeat
//	ErrConflict                                                         look at the state, then decide
//	ErrThrottled, ErrUnavailable                                        repeat later
//	ErrAmbiguous                                                        look whether it was done, then perhaps repeat
//
// Use errors.Is(err, cloudapi.ErrConflict) or [cloudapi.ClassOf]; [cloudapi.HasCode] asks for
// error codes. Classes come from the documented codes ([LookupErrorCode]), then from those of
// Alibaba Cloud's API gateway, then from the HTTP status; never from messages. An answer with
// HTTP 200 and Success false is an error. The request ID of an answer is in its error.
//
// SAE has no idempotency token. A call that changes state is ErrAmbiguous when it went out and
// its answer was lost: timeout, closed connection, 5xx without a documented code, an answer cut
// off or not understood. It is ErrUnavailable when no connection was made. The same failures of
// a call that only reads are always ErrUnavailable. When the caller's context ended the call,
// errors.Is(err, context.Canceled) or context.DeadlineExceeded holds as well; a timeout of the
// client's own is os.ErrDeadlineExceeded.
//
// # Nothing is repeated unasked
//
// The client sends each request once. The SDK core is kept from retrying, redirects are not followed, and net/http, which
// resends a GET when a kept-alive connection breaks, is kept from it for the two GETs that change state, ConfirmPipelineBatch
// and ExecJob. Whoever repeats decides it. Config.ReadRetries repeats calls that only read, and never one that changes state.
// Config.Limiter paces all requests; clients of one account share one.
//
// # Secrets
//
// Fields that carry keys, values of environment variables and of ConfigMaps are of type
// [cloudapi.Secret], which shows itself nowhere; convert one to string to read it. What is
// shown of an Input (fmt with any of %v, %+v and %#v, encoding/json, log/slog and loggers built
// on them) also redacts parameters that commonly hold secrets, such as commands and start
// options. MarshalText of a structured parameter gives what travels, secrets included. Error
// messages of the platform may quote the request; what the request held in secret is removed
// from them. Two things remain with the caller: answers such as DescribeApplicationConfig hold
// commands and start options in plain text, and the SDK core prints whole requests when the
// environment variable DEBUG contains "dara".
//
// # Facts
//
// The zz_ files are generated from api/sae/operations.json and api/sae/errors.json, which hold
// the SAE API reference of 2022 as data, and from api/sae/newer.json, which holds what the
// official SDK for Go 4.12.4 of July 2026 has beyond it. Doc comments name the chapter, or the
// date of the SDK from which something is known; the service may have had it earlier. No error
// codes are documented for the newer operations. Regenerate with go generate.
package saeclient
