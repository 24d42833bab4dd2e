package notify_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/notify"
	"slipway/release"
	"slipway/wire"
)

const (
	file = `{
  "channels":[
    {"name":"all","type":"nats","subject":"a.b"},{"name":"team","type":"nats","subject":"a.c"},
    {"name":"oncall","type":"nats","subject":"a.d"},{"name":"sets","type":"nats","subject":"a.e"}],
  "rules":[
    {"to":["all"],"when":["all"]},
    {"to":["team"],"scopes":["app/*/production","sae/*/other"]},
    {"to":["oncall"],"when":["bad"],"scopes":["sae"]},
    {"to":["sets"],"when":["ended","wave.waiting"],"scopes":["set/check*"]}],
  "waiting":[{"after":"30m","tell":"all"},{"after":"2h","page":"oncall","scopes":["app/*/production"]}]
}`
	shopApp = `"app":{"platform":"sae","region":"cn-hangzhou","id":"7171a6ca-d1cd-4928-8642-7d5cfe69cafe"}`
)

// book are the rules of the file with the documents of applications.
func book(t *testing.T, documents ...string) notify.Book {
	t.Helper()
	d, err := notify.Parse([]byte(file))
	require.NoError(t, err)
	var applications []apps.Application
	for _, text := range documents {
		a, err := apps.Parse([]byte(text))
		require.NoError(t, err)
		applications = append(applications, a)
	}
	return notify.NewBook(d, applications)
}

func shop(rest string) string {
	return `{"name":"shop","environments":[{"name":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"test"}},{"name":"production",` + shopApp + `}]` + rest + `}`
}

// told are deliveries in short: a channel, with the time after the event and an exclamation mark where people are called.
func told(deliveries []notify.Delivery) (out []string) {
	for _, d := range deliveries {
		text := d.Channel
		if d.After > 0 {
			text += fmt.Sprintf("@%s", d.After)
		}
		if d.Page {
			text += "!"
		}
		out = append(out, text)
	}
	return out
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	ofApplication := func(id string, kind release.EventKind) wire.LifecycleEvent {
		e := sample(t, "release."+string(kind))
		e.Progress.ByName, e.Progress.App.ID = nil, id
		return e
	}
	const own = `,"notify":[{"to":["shop","team"],"when":["batch.waiting","succeeded"],"environments":["production"]},{"to":["shop"],"when":["all"],"environments":["staging"]}]`
	const ladder = `,"waiting":[{"after":"10m","tell":"shop"},{"after":"1h","page":"shop","environments":["production"]}]`
	for name, c := range map[string]struct {
		book  notify.Book
		event wire.LifecycleEvent
		want  []string
	}{
		"by its name":                      {book(t), sample(t, "release.succeeded"), []string{"all", "team"}},
		"of a kind that no group has":      {book(t), sample(t, "release.batch.done"), []string{"all"}},
		"what is bad":                      {book(t), sample(t, "release.rollingback"), []string{"all", "oncall"}},
		"an application without a name":    {book(t), ofApplication("other", release.EventSucceeded), []string{"all", "team"}},
		"another one":                      {book(t), ofApplication("another", release.EventSucceeded), []string{"all"}},
		"the name that a document gives":   {book(t, shop("")), ofApplication("7171a6ca-d1cd-4928-8642-7d5cfe69cafe", release.EventSucceeded), []string{"all", "team"}},
		"what waits, with the ladder":      {book(t), sample(t, "release.batch.waiting"), []string{"all", "team", "all@30m", "oncall@2h!"}},
		"a step of other applications":     {book(t), ofApplication("another", release.EventPaused), []string{"all", "all@30m"}},
		"a channel that two rules tell":    {book(t), sample(t, "release.attention"), []string{"all", "team", "oncall", "all@30m", "oncall@2h!"}},
		"rules of the application":         {book(t, shop(own)), sample(t, "release.succeeded"), []string{"all", "team", "shop"}},
		"rules of another environment":     {book(t, shop(own)), ofApplication("test", release.EventSucceeded), []string{"all", "shop"}},
		"the ladder of the application":    {book(t, shop(ladder)), sample(t, "release.batch.waiting"), []string{"all", "team", "shop@10m", "shop@1h!"}},
		"which has none for this place":    {book(t, shop(ladder)), ofApplication("test", release.EventPaused), []string{"all", "shop@10m"}},
		"both":                             {book(t, shop(own+ladder)), sample(t, "release.batch.waiting"), []string{"all", "team", "shop", "shop@10m", "shop@1h!"}},
		"a set":                            {book(t), sample(t, "set.succeeded"), []string{"all", "sets"}},
		"a wave that waits":                {book(t, shop(ladder)), sample(t, "set.wave.waiting"), []string{"all", "sets", "all@30m"}},
		"what needs attention in a set":    {book(t), sample(t, "set.attention"), []string{"all", "sets"}},
		"a lane":                           {book(t, shop("")), sample(t, "lane.held"), []string{"all", "team", "all@30m", "oncall@2h!"}},
		"a lane that goes on":              {book(t, shop("")), sample(t, "lane.resumed"), []string{"all"}},
		"a promotion that is held":         {book(t), sample(t, "promotion.held"), []string{"all", "team"}},
		"a dead letter":                    {book(t, shop(`,"notify":[{"to":["shop"],"when":["replayed"]}]`)), sample(t, "deadletter.replayed"), []string{"all", "shop"}},
		"a push, with the rules of a name": {book(t, shop(own)), sample(t, "push.fired"), []string{"all", "shop"}},
		"nothing":                          {notify.NewBook(notify.Document{}, nil), sample(t, "release.failed"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, told(c.book.Deliveries(c.event)))
		})
	}
}

// Only what a person can end has a ladder.
func TestHasLadder(t *testing.T) {
	t.Parallel()
	with := map[string]bool{
		"release.batch.waiting": true, "release.approval.waiting": true, "release.platform-approval.waiting": true, "release.paused": true,
		"release.stalled": true, "release.attention": true, "set.wave.waiting": true, "lane.held": true,
	}
	for _, s := range notify.Samples() {
		require.Equal(t, with[s.Name], notify.HasLadder(s.Event), s.Name)
	}
}

func TestBook_NamesTheApplicationOfALane(t *testing.T) {
	t.Parallel()
	require.Equal(t, "shop/production", book(t, shop("")).Name(sample(t, "lane.held")))
	require.Empty(t, book(t).Name(sample(t, "lane.held")))
}

// The pointers of an application stand in one lane, whose events are of the environments of all of them.
func TestDeliveries_ALaneIsOfAllPointers(t *testing.T) {
	t.Parallel()
	b := book(t, `{"name":"orders","environments":[
		{"name":"canary","app":{"platform":"fc","region":"cn-hangzhou","id":"orders","qualifier":"canary"}},
		{"name":"production","app":{"platform":"fc","region":"cn-hangzhou","id":"orders"}}],
		"notify":[{"to":["canary"],"environments":["canary"]}]}`)
	e := sample(t, "lane.held")
	e.Lane.App = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "orders"}
	require.Equal(t, []string{"all", "team", "canary", "all@30m", "oncall@2h!"}, told(b.Deliveries(e)))
}

// What is about nothing that can be read is told to who is told of everything.
func TestDeliveries_ADeadLetterOfNothingKnown(t *testing.T) {
	t.Parallel()
	for about, want := range map[string][]string{
		"": {"all"}, "r-jh54bxm6nzk3dfk5": {"all"}, "sae/cn-hangzhou/other": {"all", "team"}, "set/checkout": {"all", "sets"}, "a/b/c/d": {"all"},
	} {
		e := sample(t, "deadletter.dropped")
		e.Letter.About, e.Kind = about, release.EventSucceeded // a kind that all rules choose
		require.Equal(t, want, told(book(t).Deliveries(e)), about)
	}
}
