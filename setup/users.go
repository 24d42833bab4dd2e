package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"slipway/apps"
	"slipway/audit"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/console/session"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
	"slipway/wire"
)

// User is a user of NATS with the least that it needs.
type User struct {
	// Name is that of the user; of a person or a pipeline it is their identity.
	Name string `json:"name"`
	// For says what the user is for.
	For string `json:"for"`
	// Publish are the subjects to which it may publish. Every user subscribes to its inboxes, and to
	// nothing else.
	Publish []string `json:"publish"`
	// Wider are the scopes that NATS cannot express, where it gives any in the place of a part: the
	// starter holds the rest.
	Wider []string `json:"wider,omitempty"`
}

// The names of the users of roles and of setup.
const (
	UserSetup   = "slipway-setup"
	UserWorker  = "slipway-worker"
	UserStarter = "slipway-starter"
	UserConsole = "slipway-console"
	// UserNotifier needs the subjects of its channels on NATS besides, which only its operator knows.
	UserNotifier = "slipway-notifier"
)

// ServiceUsers returns the users of the roles and of setup.
func ServiceUsers() []User {
	prepares := []string{"$JS.API.INFO"}
	for _, s := range Stores() {
		name := s.Name
		if s.Kind == "bucket" {
			name = "KV_" + s.Name
		}
		prepares = append(prepares, streamInfo(name), "$JS.API.STREAM.CREATE."+name, "$JS.API.STREAM.UPDATE."+name)
	}
	return []User{
		{Name: UserSetup, For: "slipway setup", Publish: prepares},
		{Name: UserWorker, For: "slipway worker", Publish: slices.Concat(
			[]string{wire.AllEvents, wire.AllCDEvents, streamInfo(wire.StreamEvents)}, readsKey(wire.CalendarBucket, "calendar"), readsBucket(apps.Bucket), readsBucket(ledger.Bucket), []string{"$KV." + ledger.Bucket + ".>"},
			[]string{wire.AllNamedRequests}, // to promote
		)},
		{Name: UserStarter, For: "slipway starter", Publish: slices.Concat(
			[]string{
				"$JS.ACK." + wire.StreamIn + ".>", streamInfo(wire.StreamIn), "$JS.API.CONSUMER.*." + wire.StreamIn + ".>",
				"$JS.API.CONSUMER.MSG.NEXT." + wire.StreamIn + ".>", "$JS.API.DIRECT.GET." + wire.StreamIn, wire.AllDeadLetters, streamInfo(wire.StreamDeadLetter),
				// what pushes to registries ask for, and what came of them
				wire.AllNamedRequests, wire.AllVerifiedNamedRequests, wire.AllPushEvents, streamInfo(wire.StreamEvents), "$JS.API.DIRECT.GET." + wire.StreamEvents,
			},
			readsBucket(ledger.Bucket), []string{"$KV." + ledger.Bucket + ".>"}, readsKey(wire.CalendarBucket, "calendar"), readsKey(authority.Bucket, authority.Key), readsBucket(people.Bucket), readsBucket(apps.Bucket), readsBucket(policy.Bucket),
		)},
		{Name: UserConsole, For: "slipway console", Publish: slices.Concat(
			[]string{wire.AllArtifacts, "slipway.by." + UserConsole + ".artifact.>"},
			// It speaks for who has signed in, and shows them what there is.
			[]string{wire.AllVerifiedRequests, wire.AllVerifiedCommands}, looks(authority.RoleViewer),
			[]string{"$KV." + wire.CalendarBucket + ".calendar", streamInfo(wire.StreamDeadLetter), "$JS.API.DIRECT.GET." + wire.StreamDeadLetter},
			// It publishes what could not be taken again, also what was only claimed, and drops it.
			[]string{wire.AllRequests, wire.AllCommands, wire.AllNotificationsNow, wire.AllLetterEvents, "$JS.API.STREAM.MSG.DELETE." + wire.StreamDeadLetter},
			// Who writes there says who is in which group.
			readsBucket(people.Bucket), []string{"$KV." + people.Bucket + ".>"},
			// Who has signed in with a browser is for nobody else to read.
			readsBucket(session.Bucket), []string{"$KV." + session.Bucket + ".>"},
		)},
		{Name: UserNotifier, For: "slipway notifier", Publish: slices.Concat(
			// Its own consumer of events, and no other's.
			[]string{
				streamInfo(wire.StreamEvents), "$JS.API.DIRECT.GET." + wire.StreamEvents, "$JS.ACK." + wire.StreamEvents + "." + wire.ConsumerNotifier + ".>",
				"$JS.API.CONSUMER.CREATE." + wire.StreamEvents + "." + wire.ConsumerNotifier + ".>", "$JS.API.CONSUMER.*." + wire.StreamEvents + "." + wire.ConsumerNotifier,
				"$JS.API.CONSUMER.MSG.NEXT." + wire.StreamEvents + "." + wire.ConsumerNotifier,
			},
			[]string{
				wire.AllNotifications, streamInfo(wire.StreamNotify), "$JS.ACK." + wire.StreamNotify + ".>", "$JS.API.CONSUMER.*." + wire.StreamNotify + ".>",
				"$JS.API.CONSUMER.MSG.NEXT." + wire.StreamNotify + ".>", wire.DeadLetterSubject(wire.AllNotifications), streamInfo(wire.StreamDeadLetter),
			},
			readsBucket(ledger.Bucket), readsBucket(apps.Bucket),
		)},
	}
}

// RoleUsers returns one user for each role, of the role's name, for everything there is.
func RoleUsers() []User {
	var d authority.Document
	for _, role := range authority.Roles() {
		d.Bindings = append(d.Bindings, authority.Binding{Name: string(role), Identities: []string{string(role)}, Roles: []authority.Role{role}, Scopes: []string{"*"}})
	}
	users, _ := DocumentUsers(d)
	return users
}

// SharedUser returns a user of NATS that several people have who have none of their own: they ask for releases and command
// them as whoever they say they are, or sign. It fails where the name cannot be that of a user.
func SharedUser(name string) (User, error) {
	if err := wire.IdentityFault(name); err != nil {
		return User{}, err
	}
	u := User{
		Name: name, For: "people who share it: who asks is claimed, or signed",
		Publish: slices.Concat(
			[]string{wire.AllRequests, wire.AllCommands}, looks(authority.RoleRequester), looks(authority.RoleApprover),
			[]string{streamInfo(wire.StreamDeadLetter), readsLetters(wire.AllRequests), readsLetters(wire.AllCommands)},
		),
	}
	slices.Sort(u.Publish)
	u.Publish = slices.Compact(u.Publish)
	return u, nil
}

// DocumentUsers returns one user for each identity that the document names exactly, with the rights of
// its roles in their scopes, and the identities for which there is none: patterns, and what cannot
// stand in a subject.
func DocumentUsers(d authority.Document) (users []User, left []string) {
	members := map[string][]string{}
	for _, g := range d.Groups {
		members[g.Name] = g.Members
	}
	bindings := map[string][]authority.Binding{}
	for _, b := range d.Bindings {
		who := slices.Clone(b.Identities)
		for _, g := range b.Groups {
			who = append(who, members[g]...)
		}
		for _, name := range who {
			bindings[name] = append(bindings[name], b)
		}
	}
	names := make([]string, 0, len(bindings))
	for name := range bindings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		taken := slices.ContainsFunc(ServiceUsers(), func(u User) bool { return u.Name == name })
		if taken || wire.IdentityFault(name) != nil {
			left = append(left, name)
			continue
		}
		users = append(users, userOf(name, bindings[name]))
	}
	return users, left
}

// userOf collects what the bindings of an identity allow.
func userOf(name string, bindings []authority.Binding) User {
	u := User{Name: name}
	var roles []string
	for _, b := range bindings {
		for _, role := range b.Roles {
			roles = append(roles, string(role))
			u.Publish = append(u.Publish, looks(role)...)
			u.Publish = append(u.Publish, hears(name, role)...)
			for _, scope := range b.Scopes {
				u.publishAsItself(role, scope)
			}
		}
	}
	slices.Sort(roles)
	u.For = cmp.Or(strings.Join(slices.Compact(roles), ", "), "powers alone")
	slices.Sort(u.Publish)
	slices.Sort(u.Wider)
	u.Publish, u.Wider = slices.Compact(u.Publish), slices.Compact(u.Wider)
	return u
}

// publishAsItself adds the subjects on which a role asks for and commands what is in a scope. What is asked
// for by name is let through for every name: which application that is, only the starter knows.
func (u *User) publishAsItself(role authority.Role, scope string) {
	var words []string
	switch role {
	case authority.RoleRequester:
		words = []string{"request"}
	case authority.RoleApprover:
		words = []string{"command"}
	case authority.RoleOperator:
		words = []string{"request", "command"} // a rollback is a request, too
	case authority.RoleViewer, authority.RoleAdmin:
	}
	tokens, wider := tokensOf(scope)
	if wider && len(words) > 0 {
		u.Wider = append(u.Wider, scope)
	}
	for _, word := range words {
		end := subjectEnd(word, tokens)
		u.Publish = append(u.Publish, strings.Join(slices.Concat([]string{"slipway.by." + u.Name, word}, end), "."))
		if word == "request" && tokens[0] != "set" && end[0] != ">" {
			u.Publish = append(u.Publish, "slipway.by."+u.Name+".request.app.>")
		}
	}
}

// tokensOf are the tokens of a scope in a subject, and whether they say more than the scope does.
func tokensOf(scope string) (tokens []string, wider bool) {
	tokens = strings.Split(scope, "/")
	for i, part := range tokens {
		if part != "*" && strings.Contains(part, "*") {
			tokens[i], wider = "*", true
		}
	}
	return tokens, wider
}

// subjectEnd is what stands in a subject after request or command.
func subjectEnd(word string, tokens []string) []string {
	whole := len(tokens) == 3 || len(tokens) == 2 && tokens[0] == "set"
	switch {
	case len(tokens) == 1 && tokens[0] == "*":
		return []string{">"}
	case !whole:
		return append(tokens, ">")
	case word == "command":
		return append(tokens, "*") // the release or the set
	}
	return tokens
}

// looks is what a role reads, and writes besides requests and commands.
func looks(role authority.Role) []string {
	events := slices.Concat([]string{streamInfo(wire.StreamEvents)}, consumes(wire.StreamEvents))
	views := slices.Concat(events,
		[]string{"$JS.API.DIRECT.GET." + wire.StreamEvents}, // what came of pushes
		[]string{streamInfo(wire.StreamIn), "$JS.API.DIRECT.GET." + wire.StreamIn}, readsBucket(ledger.Bucket),
		readsKey(wire.CalendarBucket, "calendar"), consumes("KV_"+wire.CalendarBucket),
		readsKey(authority.Bucket, authority.Key), consumes("KV_"+authority.Bucket),
		readsBucket(apps.Bucket), consumes("KV_"+apps.Bucket),
		readsBucket(policy.Bucket), consumes("KV_"+policy.Bucket),
	)
	reads := []string{streamInfo(audit.Stream), "$JS.API.DIRECT.GET." + audit.Stream}
	for _, bucket := range audit.Buckets() { // what stood there before what the audit has
		reads = append(reads, "$JS.API.DIRECT.GET.KV_"+bucket)
	}
	switch role {
	case authority.RoleRequester:
		return slices.Concat(events, readsBucket(ledger.Bucket), readsBucket(apps.Bucket), readsBucket(policy.Bucket))
	case authority.RoleOperator:
		return slices.Concat(views, reads, []string{"$KV." + wire.CalendarBucket + ".calendar", streamInfo(wire.StreamDeadLetter), "$JS.API.DIRECT.GET." + wire.StreamDeadLetter, wire.AllLetterEvents})
	case authority.RoleAdmin:
		return append(slices.Concat(views, reads), "$KV."+authority.Bucket+"."+authority.Key, "$KV."+apps.Bucket+".>", "$KV."+policy.Bucket+".>")
	case authority.RoleViewer, authority.RoleApprover:
	}
	return views
}

// hears is what it takes to hear that a message of one's own was refused.
func hears(name string, role authority.Role) []string {
	switch role {
	case authority.RoleRequester, authority.RoleApprover, authority.RoleOperator:
		return []string{streamInfo(wire.StreamDeadLetter), readsLetters("slipway.by." + name + ".>")}
	case authority.RoleViewer, authority.RoleAdmin:
	}
	return nil
}

// readsLetters is what it takes to read the last dead letter of a message on a subject.
func readsLetters(subject string) string {
	return "$JS.API.DIRECT.GET." + wire.StreamDeadLetter + "." + wire.DeadLetterSubject(subject)
}

// consumes is what it takes to read a stream through a consumer of one's own. Whoever may create one may not
// delete, pause or reset those of others; that of the same name they may take over.
func consumes(stream string) []string {
	return []string{
		"$JS.API.CONSUMER.CREATE." + stream + ".>", "$JS.API.CONSUMER.INFO." + stream + ".*", "$JS.API.CONSUMER.MSG.NEXT." + stream + ".*",
	}
}

func streamInfo(stream string) string { return "$JS.API.STREAM.INFO." + stream }

// readsKey is what it takes to read the one key of a bucket, and readsBucket all of them.
func readsKey(bucket, key string) []string {
	return []string{streamInfo("KV_" + bucket), "$JS.API.DIRECT.GET.KV_" + bucket + ".$KV." + bucket + "." + key}
}

func readsBucket(bucket string) []string {
	return []string{streamInfo("KV_" + bucket), "$JS.API.DIRECT.GET.KV_" + bucket, "$JS.API.DIRECT.GET.KV_" + bucket + ".>"}
}

// ServerConfig writes the users as a part of the configuration of nats-server. The passwords are
// variables, which the server takes from its environment: none stands in the text.
func ServerConfig(users []User, left []string) string {
	var b strings.Builder
	b.WriteString("# Users of Slipway. nats-server takes each password from the variable of its environment that is named here,\n" +
		"# and does not start without; a value that begins with $2a$ is a bcrypt hash, see: nats server passwd\n")
	for _, name := range left {
		fmt.Fprintf(&b, "# no user for %q: one user has one identity, of letters, digits, hyphens, underscores, @ and +\n", release.OneLine(name))
	}
	variables := passwordVariables(users)
	b.WriteString("authorization {\n  users = [\n")
	for _, u := range users {
		fmt.Fprintf(&b, "    # %s: %s\n", u.Name, u.For)
		for _, scope := range u.Wider {
			fmt.Fprintf(&b, "    # NATS cannot say %q; the starter holds what is not in it\n", scope)
		}
		fmt.Fprintf(&b, "    {\n      user: %q\n      password: $%s\n      permissions: {\n        publish: {allow: [\n", u.Name, variables[u.Name])
		for _, subject := range u.Publish {
			fmt.Fprintf(&b, "          %q\n", subject)
		}
		b.WriteString("        ]}\n        subscribe: {allow: [\"_INBOX.>\"]}\n      }\n    }\n")
	}
	b.WriteString("  ]\n}\n")
	return b.String()
}

// passwordVariables are the variables of nats-server's environment that hold the passwords of users, by
// their names. No two users have the same.
func passwordVariables(users []User) map[string]string {
	out, taken := map[string]string{}, map[string]bool{}
	for _, u := range users {
		name := "NATS_PASSWORD_" + strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z':
				return r - 'a' + 'A'
			case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
				return r
			}
			return '_'
		}, u.Name)
		for taken[name] {
			name += "_"
		}
		out[u.Name], taken[name] = name, true
	}
	return out
}
