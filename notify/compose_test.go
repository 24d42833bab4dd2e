package notify_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"slipway/notify"
	"slipway/release"
	"slipway/wire"
)

// compose writes a message as the team's channel has it.
func compose(t *testing.T, e wire.LifecycleEvent, l notify.Language, o notify.Options) notify.Message {
	t.Helper()
	texts, err := notify.NewTexts()
	require.NoError(t, err)
	m, err := texts.Compose(e, notify.Channel{Name: "team", Type: notify.Slack, Language: l}, o)
	require.NoError(t, err)
	return m
}

// sample is the example of a kind.
func sample(t *testing.T, name string) wire.LifecycleEvent {
	t.Helper()
	for _, s := range notify.Samples() {
		if s.Name == name {
			return s.Event
		}
	}
	require.Fail(t, "no sample", name)
	return wire.LifecycleEvent{}
}

func text(m notify.Message) string { return m.Title + "\n" + strings.Join(m.Lines, "\n") }

// Every kind of event has words of its own in every language: no two titles are alike, and none has the name of its kind.
func TestCompose_EveryKindHasWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range notify.Languages() {
		titles := map[string]string{}
		for _, s := range notify.Samples() {
			m := compose(t, s.Event, l, notify.Options{})
			require.NotContains(t, titles, m.Title, "%s and %s", s.Name, titles[m.Title])
			titles[m.Title] = s.Name
			require.NotContains(t, text(m), "no value", s.Name)
			require.Equal(t, l == notify.Chinese, strings.ContainsFunc(m.Title, func(r rune) bool { return r > 0x2e80 }), m.Title)
			if kind := string(s.Event.Kind); strings.Contains(kind, ".") {
				require.NotContains(t, m.Title, kind)
			}
			other := s.Event
			other.Kind = "unheard-of"
			require.Contains(t, compose(t, other, l, notify.Options{}).Title, "unheard-of", "a newer version may tell of more")
		}
	}
}

// There is a sample of everything that is told.
func TestSamples_HaveEveryKind(t *testing.T) {
	t.Parallel()
	told := map[release.EventKind]bool{}
	for _, s := range notify.Samples() {
		told[s.Event.Kind] = true
		msg, err := wire.EncodeEvent(s.Event.Event, s.Event.Time)
		require.NoError(t, err, s.Name)
		read, err := wire.DecodeEvent(msg)
		require.NoError(t, err, s.Name)
		require.Equal(t, "dev.slipway."+s.Name+".v1", read.Type())
	}
	for _, kind := range release.AllEventKinds() {
		require.True(t, told[kind], kind)
	}
}

func TestCompose_TellsWhatIsWaitedForAndHowToAct(t *testing.T) {
	t.Parallel()
	link := func(action string, e wire.LifecycleEvent) (string, bool) {
		return "https://console.example/go/" + action + "-" + e.Progress.ReleaseID, true
	}
	m := compose(t, sample(t, "release.batch.waiting"), notify.English, notify.Options{Console: "https://console.example/", Link: link})
	require.Equal(t, notify.Message{
		ID: "sample-release.batch.waiting/team", Title: "shop/production: shop:1.4.3 waits for confirmation of batch 1 of 3",
		Lines: []string{
			"Brings: registry.example/team/shop:1.4.3",
			"Batch: 1 of 3, 1 instance, done",
			"Gates: error-rate inconclusive: 2 of 3 samples have no data; home-page pass",
			"Until: 2026-11-23 10:01 UTC; then it is aborted",
			"To do: slipway release confirm r-jh54bxm6nzk3dfk5 --batch 1",
			"Requested by: ci: fixes the basket",
			"Application: sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe",
			"Release: r-jh54bxm6nzk3dfk5",
		},
		Links: []notify.Link{
			{Text: "Release", URL: "https://console.example/releases/r-jh54bxm6nzk3dfk5"},
			{Text: "Confirm", URL: "https://console.example/go/confirm-r-jh54bxm6nzk3dfk5"},
		},
		Mood: notify.MoodWaiting, Language: notify.English, At: time.Date(2026, 11, 22, 10, 1, 10, 0, time.UTC),
	}, m)

	m = compose(t, sample(t, "release.approval.waiting"), notify.Chinese, notify.Options{Link: link})
	require.Equal(t, "shop/production：shop:1.4.3 等待批准", m.Title)
	require.Equal(t, []notify.Link{{Text: "批准", URL: "https://console.example/go/approve-r-jh54bxm6nzk3dfk5"}}, m.Links, "without a console no page is named")
	require.Contains(t, m.Lines, "操作：slipway release approve r-jh54bxm6nzk3dfk5")
	require.Contains(t, m.Lines, "最晚：2026-11-23 10:01 UTC，届时中止")

	none := func(string, wire.LifecycleEvent) (string, bool) { return "", false }
	require.Empty(t, compose(t, sample(t, "release.batch.waiting"), notify.English, notify.Options{Link: none}).Links)
	require.Empty(t, compose(t, sample(t, "release.succeeded"), notify.English, notify.Options{Link: link}).Links)
}

// A reminder says how long somebody has been waited for, and is another message than the first.
func TestCompose_AReminderSaysForHowLong(t *testing.T) {
	t.Parallel()
	e := sample(t, "release.batch.waiting")
	for after, want := range map[time.Duration][]string{
		30 * time.Minute: {"Waiting for 30 minutes: shop/production: ", "已等待 30 分钟：shop/production：", "30m"},
		25 * time.Hour:   {"Waiting for 1 day 1 hour: shop/production: ", "已等待 1 天 1 小时：shop/production：", "25h"},
		time.Second:      {"Waiting for 1 second: shop/production: ", "已等待 1 秒：shop/production：", "1s"},
	} {
		m := compose(t, e, notify.English, notify.Options{After: after, Page: true})
		require.True(t, strings.HasPrefix(m.Title, want[0]), m.Title)
		require.True(t, m.Page)
		require.Equal(t, e.ID+"/team/"+want[2], m.ID)
		m = compose(t, e, notify.Chinese, notify.Options{After: after})
		require.True(t, strings.HasPrefix(m.Title, want[1]), m.Title)
	}
}

// Times are those of the channel's zone, within texts of others, too.
func TestCompose_TimesAreInTheZoneOfTheChannel(t *testing.T) {
	t.Parallel()
	texts, err := notify.NewTexts()
	require.NoError(t, err)
	e := sample(t, "release.batch.waiting")
	e.Progress.Reason = "the freeze ends at 2026-11-22T16:00:00Z"
	m, err := texts.Compose(e, notify.Channel{Name: "team", Zone: "Asia/Shanghai"}, notify.Options{})
	require.NoError(t, err)
	require.Contains(t, text(m), "Until: 2026-11-23 18:01 Asia/Shanghai; then")
	require.Contains(t, text(m), "Reason: the freeze ends at 2026-11-23T00:00:00+08:00")
	_, err = texts.Compose(e, notify.Channel{Name: "team", Zone: "Moon/Base"}, notify.Options{})
	require.ErrorContains(t, err, "IANA name of a time zone")
	_, err = texts.Compose(e, notify.Channel{Name: "team", Language: "fr"}, notify.Options{})
	require.ErrorContains(t, err, "no words in language \"fr\"")
}

// What others have written is told as one line without secrets, however long it is.
func TestCompose_WhatOthersWriteIsHarmless(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-x9Q-secret"
	hostile := "line\r\nSubject: x\x1b[31m\u202e password=" + secret + " " + strings.Repeat("很长", 2000)
	for _, s := range notify.Samples() {
		e := s.Event
		switch {
		case e.Lane != nil:
			e.Lane.Reason, e.Lane.By = hostile, hostile
		case e.Set != nil:
			e.Set.Note, e.Set.Reason, e.Set.Name = hostile, hostile, hostile
		case e.Promotion != nil:
			e.Promotion.Reason, e.Promotion.Artifact = hostile, "https://oss.example/shop.jar?Signature="+secret
		case e.Letter != nil:
			e.Letter.Reason, e.Letter.About = hostile, hostile
		case e.Push != nil:
			e.Push.By, e.Push.Tag = hostile, hostile
		default:
			e.Progress.Note, e.Progress.Reason, e.Progress.RequestedBy, e.Progress.ByName.Application = hostile, hostile, hostile, hostile
			e.Progress.Artifact = release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar?Signature=" + secret}}
		}
		for _, l := range notify.Languages() {
			m := compose(t, e, l, notify.Options{After: time.Hour})
			all := text(m)
			require.NotContains(t, all, secret, s.Name)
			require.NotContains(t, all, "\x1b", s.Name)
			require.NotContains(t, all, "\u202e", s.Name)
			require.NotContains(t, m.Title, "\n")
			require.LessOrEqual(t, len(m.Title), 200)
			require.True(t, utf8.ValidString(all))
			for _, line := range m.Lines {
				require.LessOrEqual(t, len(line), 600)
				require.False(t, strings.HasPrefix(line, "Subject: x"), "a line break begins no line: %s", line)
			}
		}
	}
}

// Links lead within the console, whatever an event says.
func TestCompose_LinksStayWithinTheConsole(t *testing.T) {
	t.Parallel()
	e := sample(t, "lane.held")
	e.Lane.App.ID = "../../sign-out?x=1"
	m := compose(t, e, notify.English, notify.Options{Console: "https://console.example/slipway", Name: "shop/production"})
	require.Equal(t, "shop/production: ann has held the lane", m.Title)
	require.Len(t, m.Links, 1)
	at, err := url.Parse(m.Links[0].URL)
	require.NoError(t, err)
	require.Equal(t, "/slipway/lanes/sae/cn-hangzhou/..%2F..%2Fsign-out%3Fx=1", at.EscapedPath())
	require.Empty(t, at.RawQuery)
}

// What an event means is seen without reading it.
func TestCompose_Moods(t *testing.T) {
	t.Parallel()
	moods := map[notify.Mood][]string{
		notify.MoodGood: {"release.succeeded", "set.succeeded"},
		notify.MoodBad: {
			"release.failed", "release.rolledback", "release.rollingback", "release.attention", "set.failed", "set.rolledback", "set.rollingback", "set.attention",
		},
		notify.MoodWaiting: {
			"release.batch.waiting", "release.approval.waiting", "release.platform-approval.waiting", "release.paused", "release.stalled", "set.wave.waiting", "lane.held", "promotion.held",
		},
	}
	want := map[string]notify.Mood{}
	for mood, names := range moods {
		for _, name := range names {
			want[name] = mood
		}
	}
	for _, s := range notify.Samples() {
		mood, other := want[s.Name]
		if !other {
			mood = notify.MoodInfo
		}
		require.Equal(t, mood, compose(t, s.Event, notify.English, notify.Options{}).Mood, s.Name)
	}
}
