// Package saeclient is a client of the Alibaba Cloud SAE (Serverless App Engine) API, version 2019-05-06: all 79 operations
// of the SAE API reference, typed, signed by the official SDK core, with errors that say what to do about them.
//
// # A client
//
// [New] makes a [Client] from a [Config]; only the region is required. Without a credential it uses Alibaba Cloud's default
// chain (ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, OIDC role, profiles, instance role). Endpoint may be a URL, for a simulator,
// a proxy or a VPC endpoint. A Client is safe for concurrent use.
//
// # Operations
//
// Each operation is a method that takes an Input and returns an Output:
//
//	out, err := client.DeployApplication(ctx, &saeclient.DeployApplicationInput{
//		AppID:    "7171a6ca-…",
//		ImageURL: new("registry.example/shop:1.4.2"),
//	})
//
// Required parameters are plain values and must not be empty. Optional ones are pointers: nil is not sent, and an empty text
// is sent as an empty text, which clears a setting. Parameters that travel as JSON text are structs ([UpdateStrategy], [Probe],
// [ScalingRuleMetric], …) and lists of structs ([List]); their zero value is the empty text.
//
// Outputs have the names of the wire with Go's initialisms: RequestID for RequestId; nested objects are XData, XData<Field>,
// where X is the operation. Objects below Data are pointers, nil when the answer left them out. Numbers, booleans and texts may
// arrive as any of the three, and unknown fields are ignored. Data that an answer left out is zero, and zero can mean something
// ([ChangeOrderReady] is 0): check an ID in it before relying on the rest.
//
// [Client.Call] carries out an operation by name. [Operations] and [LookupOperation] give the table of operations with every
// parameter's position, type and limits.
//
// # Validation
//
// Before anything is sent, a typed method compares its Input with the rules of the reference: required, allowed values, lengths,
// patterns, ranges, what excludes what, also inside structured parameters. An [*ValidationError] names all problems at once, by the
// API's names; Validate of an Input does the same without a call. Where the platform has become newer than its reference, use
// [Client.Unchecked]. Client.Call checks names and required parameters only; [Param.Check] does more.
//
// # Errors
//
// Every call fails with an [*Error]. Its [Class] says what to do:
//
//	ErrInvalid, ErrNotFound, ErrAuth, ErrBilling, ErrQuota, ErrFailed   do not repeat
//	ErrConflict                                                         look at the state, then decide
//	ErrThrottled, ErrUnavailable                                        repeat later
//	ErrAmbiguous                                                        look whether it was done, then perhaps repeat
//
// Use errors.Is(err, saeclient.ErrConflict) or [ClassOf]; [HasCode] asks for error codes. Classes come from the documented codes
// ([LookupErrorCode]), then from those of Alibaba Cloud's API gateway, then from the HTTP status; never from messages. An
// answer with HTTP 200 and Success false is an error.
//
// SAE has no idempotency token. A call that changes state is ErrAmbiguous when it went out and its answer was lost: timeout,
// closed connection, 5xx without a documented code, an answer cut off or not understood. It is ErrUnavailable when no connection
// was made. The same failures of a call that only reads are always ErrUnavailable. When the caller's context ended the call,
// errors.Is(err, context.Canceled) or context.DeadlineExceeded holds as well; a timeout of the client's own is
// os.ErrDeadlineExceeded.
//
// # Nothing is repeated
//
// The client sends each request once. The SDK core is kept from retrying, redirects are not followed, and net/http, which
// resends a GET when a kept-alive connection breaks, is kept from it for the two GETs that change state, ConfirmPipelineBatch
// and ExecJob. Whoever repeats decides it.
//
// # Secrets
//
// Fields that carry keys are of type [Secret], which shows itself nowhere. An Input's String redacts these and parameters that
// commonly hold secrets, such as Envs. Error messages of the platform may quote the request; what the request held in secret
// is removed from them. Two things remain with the caller: answers such as DescribeApplicationConfig hold Envs in plain text,
// and the SDK core prints whole requests when the environment variable DEBUG contains "dara".
//
// # Facts
//
// The zz_ files are generated from api/sae/operations.json and api/sae/errors.json, which hold the SAE API reference as data.
// Doc comments name the chapter. Regenerate with go generate.
package saeclient
