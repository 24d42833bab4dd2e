package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Setting is one thing that can be configured.
type Setting struct {
	// Name is the flag and the file key.
	Name string
	// Env is the environment variable.
	Env string
	// Usage is the help text, without the name of the variable.
	Usage string
	// Default applies when nothing else is said; empty leaves the choice to whoever
	// uses the setting.
	Default string
	// Secret settings have no flag, because a command line can be read by others.
	Secret bool
	// Switch settings are on or off; the flag alone means on. See [Values.Switch].
	Switch bool
}

// The names of the settings.
const (
	ConfigFile = "config"
	LogLevel   = "log-level"
	LogFormat  = "log-format"
	HTTPAddr   = "http-addr"
	By         = "by"
	Identity   = "identity"
	SignKey    = "sign-key"

	SAEEndpoint       = "sae-endpoint"
	SAERegion         = "sae-region"
	SAECallsPerSecond = "sae-calls-per-second"
	SAESettle         = "sae-settle"

	FCEndpoint       = "fc-endpoint"
	FCRegion         = "fc-region"
	FCAccountID      = "fc-account-id"
	FCCallsPerSecond = "fc-calls-per-second"
	FCSettle         = "fc-settle"

	ServiceStageEndpoint       = "servicestage-endpoint"
	ServiceStageRegion         = "servicestage-region"
	ServiceStageProjectID      = "servicestage-project-id"
	ServiceStageCallsPerSecond = "servicestage-calls-per-second"
	ServiceStageSettle         = "servicestage-settle"

	GatesAllow        = "gates-allow"
	CDEvents          = "cdevents"
	DeploymentName    = "deployment-name"
	DeploymentBuildID = "deployment-build-id"

	StarterRequests       = "starter-requests"
	RegistryAuth          = "registry-auth"
	WorkerActivities      = "worker-activities"
	WorkerWorkflowTasks   = "worker-workflow-tasks"
	WorkerActivityPollers = "worker-activity-pollers"
	WorkerWorkflowPollers = "worker-workflow-pollers"
	WorkerCachedWorkflows = "worker-cached-workflows"

	NATSReplicas        = "nats-replicas"
	RequestsRetention   = "requests-retention"
	EventsRetention     = "events-retention"
	DeadLetterRetention = "deadletter-retention"
	LedgerRetention     = "ledger-retention"
	AuditRetention      = "audit-retention"
	StreamSize          = "nats-stream-size"

	TemporalAddress   = "temporal-address"
	TemporalNamespace = "temporal-namespace"

	PayloadKeys = "payload-keys"
	PayloadKey  = "payload-key"

	ConsoleAddr        = "console-addr"
	ConsoleURL         = "console-url"
	ConsoleTokensFile  = "console-tokens-file"
	ConsoleSessionTime = "console-session-time"
	ConsoleTemporalUI  = "console-temporal-ui"
	ConsoleCloudLinks  = "console-cloud-links"

	ConsoleOIDCIssuer           = "console-oidc-issuer"
	ConsoleOIDCClientID         = "console-oidc-client-id"
	ConsoleOIDCClientSecretFile = "console-oidc-client-secret-file"
	ConsoleOIDCIdentityClaim    = "console-oidc-identity-claim"
	ConsoleOIDCGroupsClaim      = "console-oidc-groups-claim"
	ConsoleOIDCScopes           = "console-oidc-scopes"

	LinkKeyFile = "link-key-file"

	Notifications = "notifications"
	GiveUp        = "give-up"

	HooksAddr         = "hooks-addr"
	HooksSecretFile   = "hooks-secret-file"
	HooksSenders      = "hooks-senders"
	HarborTokenFile   = "harbor-token-file"
	GenericKeyFile    = "generic-key-file"
	CDEventsTokenFile = "cdevents-token-file"

	CodecListen       = "codec-listen"
	CodecOrigins      = "codec-origins"
	CodecTokenFile    = "codec-token-file"
	CodecWithoutToken = "codec-without-token"

	NATSURL      = "nats-url"
	NATSContext  = "nats-context"
	NATSCreds    = "nats-creds"
	NATSUser     = "nats-user"
	NATSPassword = "nats-password"
	NATSNKey     = "nats-nkey"
	NATSCA       = "nats-ca"
	NATSCert     = "nats-cert"
	NATSKey      = "nats-key"
)

// File names the configuration file; it is the one setting that a file cannot hold.
func File() Setting {
	return Setting{Name: ConfigFile, Env: "SLIPWAY_CONFIG", Usage: "read settings from this YAML file"}
}

// Logging are the settings of the log on standard error.
func Logging() []Setting {
	return []Setting{
		{Name: LogLevel, Env: "SLIPWAY_LOG_LEVEL", Usage: "log from this level on: trace, debug, info, warn or error (default info for a role, warn otherwise)"},
		{Name: LogFormat, Env: "SLIPWAY_LOG_FORMAT", Usage: "log as json or console (default json for a role, console otherwise)"},
	}
}

// HTTP is the listener for health and metrics; each role has its own default.
func HTTP(addr string) []Setting {
	return []Setting{{Name: HTTPAddr, Env: "SLIPWAY_HTTP_ADDR", Usage: "serve /healthz, /readyz and /metrics on this address", Default: addr}}
}

// Actor is who gives a command.
func Actor() []Setting {
	return []Setting{{Name: By, Env: "SLIPWAY_BY", Usage: "who gives commands (default the user of the operating system)"}}
}

// AsIdentity is who somebody is on NATS, where nobody else may say so.
func AsIdentity() []Setting {
	return []Setting{{Name: Identity, Env: "SLIPWAY_IDENTITY", Usage: "who you are on NATS, which lets nobody else publish on slipway.by.IDENTITY: requests and commands go there, and Temporal is not asked (default none: requests are claimed, and commands go to Temporal)"}}
}

// Signing is what requests and commands are signed with. The seed itself is no setting: a command line can be read by others.
func Signing() []Setting {
	return []Setting{{Name: SignKey, Env: "SLIPWAY_SIGN_KEY", Usage: "file with the seed of a key that the authority document registers (SU…), by which requests and commands are signed as --by: they go by NATS, and Temporal is not asked (default none)"}}
}

// SAE is where Serverless App Engine is found.
func SAE() []Setting {
	return []Setting{
		{Name: SAERegion, Env: "SLIPWAY_SAE_REGION", Usage: "SAE region, for example cn-hangzhou; for a worker also several, separated by commas"},
		{Name: SAEEndpoint, Env: "SLIPWAY_SAE_ENDPOINT", Usage: "URL of the SAE API, for a simulator or a proxy (default the region's own endpoint)"},
	}
}

// FC is where Function Compute is found.
func FC() []Setting {
	return []Setting{
		{Name: FCRegion, Env: "SLIPWAY_FC_REGION", Usage: "Function Compute region, for example cn-hangzhou; for a worker also several, separated by commas"},
		{Name: FCAccountID, Env: "SLIPWAY_FC_ACCOUNT_ID", Usage: "ID of the account of Alibaba Cloud whose services Function Compute has, digits"},
		{Name: FCEndpoint, Env: "SLIPWAY_FC_ENDPOINT", Usage: "URL of the Function Compute API, for a simulator, a proxy or the network inside of Alibaba Cloud (default that of the account and the region)"},
	}
}

// ServiceStage is where ServiceStage is found.
func ServiceStage() []Setting {
	return []Setting{
		{Name: ServiceStageRegion, Env: "SLIPWAY_SERVICESTAGE_REGION", Usage: "ServiceStage region, for example cn-north-4"},
		{Name: ServiceStageProjectID, Env: "SLIPWAY_SERVICESTAGE_PROJECT_ID", Usage: "ID of the project of Huawei Cloud whose components ServiceStage has, which belongs to one region"},
		{Name: ServiceStageEndpoint, Env: "SLIPWAY_SERVICESTAGE_ENDPOINT", Usage: "URL of the ServiceStage API, for a simulator or a proxy (default the region's own endpoint)"},
	}
}

// Variables names the environment variables of settings.
func Variables(settings []Setting) string {
	var names []string
	for _, s := range settings {
		names = append(names, s.Env)
	}
	return strings.Join(names, ", ")
}

// Platforms say where all platforms are found.
func Platforms() []Setting { return slices.Concat(SAE(), FC(), ServiceStage()) }

// Calls say how workers call the platforms.
func Calls() []Setting {
	return []Setting{
		{Name: SAECallsPerSecond, Env: "SLIPWAY_SAE_CALLS_PER_SECOND", Usage: "calls to SAE begun each second in a region by all workers together (default 20)"},
		{Name: SAESettle, Env: "SLIPWAY_SAE_SETTLE", Usage: "how long a call whose answer was lost may still be at work on SAE (default 15s)"},
		{Name: FCCallsPerSecond, Env: "SLIPWAY_FC_CALLS_PER_SECOND", Usage: "calls to Function Compute begun each second in a region by all workers together (default 20)"},
		{Name: FCSettle, Env: "SLIPWAY_FC_SETTLE", Usage: "how long a call whose answer was lost may still be at work on Function Compute (default 15s)"},
		{Name: ServiceStageCallsPerSecond, Env: "SLIPWAY_SERVICESTAGE_CALLS_PER_SECOND", Usage: "calls to ServiceStage begun each second in a region by all workers together (default 20)"},
		{Name: ServiceStageSettle, Env: "SLIPWAY_SERVICESTAGE_SETTLE", Usage: "how long a call whose answer was lost may still be at work on ServiceStage (default 15s)"},
	}
}

// Worker are the settings of workers alone. The variables of the deployment are those of
// Temporal's worker controller.
func Worker() []Setting {
	return []Setting{
		{Name: GatesAllow, Env: "SLIPWAY_GATES_ALLOW", Usage: "hosts that gates may ask, separated by commas: shop.example, shop.example:8080, *.shop.example, 192.0.2.7 or 192.0.2.0/24; and where POST is allowed: POST shop.example/checks/run (default none)"},
		{Name: CDEvents, Env: "SLIPWAY_CDEVENTS", Switch: true, Usage: "yes to tell of releases as CDEvents, too, on slipway.cdevents.> (default no)"},
		{Name: WorkerActivities, Env: "SLIPWAY_WORKER_ACTIVITIES", Usage: "activities that run at the same time, on each task queue, at least 2 (default 1000)"},
		{Name: WorkerWorkflowTasks, Env: "SLIPWAY_WORKER_WORKFLOW_TASKS", Usage: "workflow tasks that run at the same time, at least 2 (default 1000)"},
		{Name: WorkerActivityPollers, Env: "SLIPWAY_WORKER_ACTIVITY_POLLERS", Usage: "requests for an activity that wait at Temporal at the same time, on each task queue, at most 100 (default 2)"},
		{Name: WorkerWorkflowPollers, Env: "SLIPWAY_WORKER_WORKFLOW_POLLERS", Usage: "requests for a workflow task that wait at Temporal at the same time, 2 to 100 (default 2)"},
		{Name: WorkerCachedWorkflows, Env: "SLIPWAY_WORKER_CACHED_WORKFLOWS", Usage: "workflows kept in memory between their tasks (default 10000)"},
		{Name: DeploymentName, Env: "TEMPORAL_DEPLOYMENT_NAME", Usage: "name of the Temporal worker deployment this worker belongs to (default none: workers are not versioned)"},
		{Name: DeploymentBuildID, Env: "TEMPORAL_WORKER_BUILD_ID", Usage: "version of this worker within its deployment"},
	}
}

// Starter are the settings of starters alone.
func Starter() []Setting {
	return []Setting{
		{Name: StarterRequests, Env: "SLIPWAY_STARTER_REQUESTS", Usage: "requests for one application that a starter takes within a minute; more wait (default 60)"},
		{Name: RegistryAuth, Env: "SLIPWAY_REGISTRY_AUTH", Usage: "file such as Docker's config.json with credentials for registries, which are asked for the digest of a tag where a push does not tell it (default that of Docker or Podman, else none)"},
	}
}

// Setup says how what is kept on NATS is kept. What is not said is created with the default,
// and stays as it is where it exists.
func Setup() []Setting {
	return []Setting{
		{Name: NATSReplicas, Env: "SLIPWAY_NATS_REPLICAS", Usage: "servers that keep each stream and bucket, 1 to 5, of a cluster of as many (default 1)"},
		{Name: StreamSize, Env: "SLIPWAY_NATS_STREAM_SIZE", Usage: "how large each stream may become, such as 512MiB, or none (default 1GiB)"},
		{Name: RequestsRetention, Env: "SLIPWAY_REQUESTS_RETENTION", Usage: "how long a request is kept that nobody takes (default 30d)"},
		{Name: EventsRetention, Env: "SLIPWAY_EVENTS_RETENTION", Usage: "how long a lifecycle event is kept (default 90d)"},
		{Name: DeadLetterRetention, Env: "SLIPWAY_DEADLETTER_RETENTION", Usage: "how long a dead letter is kept (default 30d)"},
		{Name: LedgerRetention, Env: "SLIPWAY_LEDGER_RETENTION", Usage: "how long the record of a release is kept, and so an event counts once (default 400d)"},
		{Name: AuditRetention, Env: "SLIPWAY_AUDIT_RETENTION", Usage: "how long the audit keeps who has asked, decided and changed what (default 400d)"},
	}
}

// Temporal is where Temporal is found, and how what it keeps is encrypted. The rest of its
// settings (TLS, API key, profile) are those of Temporal's own environment configuration.
func Temporal() []Setting {
	return []Setting{
		{Name: TemporalAddress, Env: "TEMPORAL_ADDRESS", Usage: "host:port of Temporal (default of Temporal's own profile, or localhost:7233)"},
		{Name: TemporalNamespace, Env: "TEMPORAL_NAMESPACE", Usage: "Temporal namespace (default of Temporal's own profile, or default)"},
		{Name: PayloadKeys, Env: "SLIPWAY_PAYLOAD_KEYS", Usage: "directory of the keys that encrypt what Temporal keeps, a file for each (default none: nothing is encrypted)"},
		{Name: PayloadKey, Env: "SLIPWAY_PAYLOAD_KEY", Usage: "ID of the key that encrypts, which is the name of its file, or none to go on decrypting only"},
	}
}

// Codec are the settings of the codec server alone.
func Codec(listen string) []Setting {
	return []Setting{
		{Name: CodecListen, Env: "SLIPWAY_CODEC_LISTEN", Usage: "serve /decode and /encode on this address", Default: listen},
		{Name: CodecOrigins, Env: "SLIPWAY_CODEC_ORIGINS", Usage: "origins whose pages may ask, separated by commas: http://localhost:8233 for a UI at that address (default none)"},
		{Name: CodecTokenFile, Env: "SLIPWAY_CODEC_TOKEN_FILE", Usage: "file with the token that every request must bring (default none, on loopback only)"},
		{Name: CodecWithoutToken, Env: "SLIPWAY_CODEC_WITHOUT_TOKEN", Usage: "yes to serve another address than loopback without a token, where the network lets nobody else reach it"},
	}
}

// Console are the settings of what a console serves to people and programs.
func Console(addr string) []Setting {
	return append([]Setting{
		{Name: ConsoleAddr, Env: "SLIPWAY_CONSOLE_ADDR", Usage: "serve people and programs on this address; empty serves none", Default: addr},
		{Name: ConsoleURL, Env: "SLIPWAY_CONSOLE_URL", Usage: "where they reach it, where a server with TLS stands before it: https://slipway.example (default none)"},
		{Name: ConsoleTokensFile, Env: "SLIPWAY_CONSOLE_TOKENS_FILE", Usage: "file with the digests of the tokens by which people and programs sign in, a line for each as slipway console token prints it (default none: nobody signs in so)"},
		{Name: ConsoleSessionTime, Env: "SLIPWAY_CONSOLE_SESSION_TIME", Usage: "how long somebody stays signed in with a browser, up to 24h", Default: "12h"},
		{Name: ConsoleTemporalUI, Env: "SLIPWAY_CONSOLE_TEMPORAL_UI", Usage: "pages of a release link to its workflow here: http://127.0.0.1:8233/namespaces/default (default none)"},
		{Name: ConsoleCloudLinks, Env: "SLIPWAY_CONSOLE_CLOUD_LINKS", Usage: "pages link to an application at its cloud, by platform: sae=https://CONSOLE/{region}/{id}, with commas between them (default none)"},
	}, ConsoleOIDC()...)
}

// ConsoleOIDC says by whom people sign in at a console with a browser.
func ConsoleOIDC() []Setting {
	return []Setting{
		{Name: ConsoleOIDCIssuer, Env: "SLIPWAY_CONSOLE_OIDC_ISSUER", Usage: "issuer of the provider of OpenID Connect by which people sign in with a browser, such as https://login.example/realms/house (default none)"},
		{Name: ConsoleOIDCClientID, Env: "SLIPWAY_CONSOLE_OIDC_CLIENT_ID", Usage: "what the console is called at the provider"},
		{Name: ConsoleOIDCClientSecretFile, Env: "SLIPWAY_CONSOLE_OIDC_CLIENT_SECRET_FILE", Usage: "file with the client secret (default none: a public client, for one console alone)"},
		{Name: ConsoleOIDCIdentityClaim, Env: "SLIPWAY_CONSOLE_OIDC_IDENTITY_CLAIM", Usage: "claim of the ID token that says who somebody is (default preferred_username)"},
		{Name: ConsoleOIDCGroupsClaim, Env: "SLIPWAY_CONSOLE_OIDC_GROUPS_CLAIM", Usage: "claim of the ID token that lists groups (default groups)"},
		{Name: ConsoleOIDCScopes, Env: "SLIPWAY_CONSOLE_OIDC_SCOPES", Usage: "scopes that are asked of the provider, separated by commas (default openid,profile,email)"},
	}
}

// LinkKey signs the links of messages to people, and verifies them where they lead.
func LinkKey() []Setting {
	return []Setting{{Name: LinkKeyFile, Env: "SLIPWAY_LINK_KEY_FILE", Usage: "file with the key of the links of messages, 32 bytes or more, the same for consoles and notifiers (default none: messages have no such links)"}}
}

// Notifier are the settings of notifiers alone.
func Notifier() []Setting {
	return []Setting{
		{Name: Notifications, Env: "SLIPWAY_NOTIFICATIONS", Usage: "file of kind Notifications, with the channels and what they are told"},
		{Name: GiveUp, Env: "SLIPWAY_GIVE_UP", Usage: "how long a channel that does not take a message is tried, at least 1m; the message then becomes a dead letter", Default: "72h"},
	}
}

// MessageLinks is where messages lead. It is the same setting as that of [Console].
func MessageLinks() []Setting {
	return []Setting{{Name: ConsoleURL, Env: "SLIPWAY_CONSOLE_URL", Usage: "address of the console, where messages lead: https://slipway.example (default none: messages have no links)"}}
}

// Hooks are the settings of the webhooks that a console takes.
func Hooks(addr string) []Setting {
	return []Setting{
		{Name: HooksAddr, Env: "SLIPWAY_HOOKS_ADDR", Usage: "take webhooks on this address; empty takes none", Default: addr},
		{Name: HooksSecretFile, Env: "SLIPWAY_HOOKS_SECRET_FILE", Usage: "file with the secrets in the paths of webhooks, each 32 characters or more of A-Z a-z 0-9 . _ ~ -: a line SENDER=SECRET for one sender, SECRET for all others; several lines while one takes the place of another"},
		{Name: HooksSenders, Env: "SLIPWAY_HOOKS_SENDERS", Usage: "whose webhooks are taken, separated by commas: acr, harbor, dockerhub, generic, cdevents"},
		{Name: HarborTokenFile, Env: "SLIPWAY_HARBOR_TOKEN_FILE", Usage: "file with the token that Harbor sends, 32 characters or more, a line for each"},
		{Name: GenericKeyFile, Env: "SLIPWAY_GENERIC_KEY_FILE", Usage: "file with the key that generic webhooks are signed with, 32 characters or more, a line for each"},
		{Name: CDEventsTokenFile, Env: "SLIPWAY_CDEVENTS_TOKEN_FILE", Usage: "file with the token that comes with CDEvents, 32 characters or more, a line for each"},
	}
}

// HooksIdentity is the user of NATS that a console publishes as. It is the same setting as [AsIdentity].
func HooksIdentity() []Setting {
	return []Setting{{Name: Identity, Env: "SLIPWAY_IDENTITY", Usage: "who the console is on NATS, which lets nobody else publish on slipway.by.IDENTITY: pushes go there (default none: who asks is claimed)"}}
}

// NATS is where NATS is found and how to log in; the names are those of the nats
// command line.
func NATS() []Setting {
	return []Setting{
		{Name: NATSURL, Env: "NATS_URL", Usage: "NATS server URLs, separated by commas (default of the context, or nats://127.0.0.1:4222)"},
		{Name: NATSContext, Env: "NATS_CONTEXT", Usage: "context of the nats command line to take what is not said here from"},
		{Name: NATSCreds, Env: "NATS_CREDS", Usage: "NATS credentials file"},
		{Name: NATSUser, Env: "NATS_USER", Usage: "NATS user, or token when there is no password"},
		{Name: NATSPassword, Env: "NATS_PASSWORD", Usage: "NATS password", Secret: true},
		{Name: NATSNKey, Env: "NATS_NKEY", Usage: "file with the seed of a NATS NKEY"},
		{Name: NATSCA, Env: "NATS_CA", Usage: "file with the certificate authorities of NATS"},
		{Name: NATSCert, Env: "NATS_CERT", Usage: "file with the client certificate for NATS"},
		{Name: NATSKey, Env: "NATS_KEY", Usage: "file with the key of the client certificate"},
	}
}

// All returns every setting that a file may hold, so that one file serves all roles.
func All() []Setting {
	var out []Setting
	for _, group := range [][]Setting{Logging(), HTTP(""), Actor(), AsIdentity(), Signing(), Platforms(), Calls(), Worker(), Starter(), Setup(), Temporal(), Codec(""), Console(""), LinkKey(), Notifier(), Hooks(""), NATS()} {
		out = append(out, group...)
	}
	return out
}

// AddFlags gives a flag to each setting that may have one.
func AddFlags(flags *pflag.FlagSet, settings ...Setting) {
	for _, s := range settings {
		if !s.Secret {
			flags.String(s.Name, s.Default, fmt.Sprintf("%s [$%s]", s.Usage, s.Env))
		}
		if s.Switch {
			flags.Lookup(s.Name).NoOptDefVal = switchOn
		}
	}
}
