package apps_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/wire"
)

const team = "registry.example/team/shop"

func triggering(triggers string) string {
	return strings.TrimSuffix(strings.TrimSpace(shop), "}") + `, "triggers": [` + triggers + `]}`
}

func TestTriggered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule string
		push wire.Published
		// reason is why it does not fire; "-" where the rule is not about the image.
		reason string
	}{
		"any tag":                     {`"image":"` + team + `"`, wire.Published{Image: team, Tag: "nightly"}, ""},
		"a digest alone":              {`"image":"` + team + `"`, wire.Published{Image: team, Digest: "sha256:1"}, ""},
		"another image":               {`"image":"` + team + `"`, wire.Published{Image: team + "2", Tag: "1"}, "-"},
		"another registry":            {`"image":"` + team + `"`, wire.Published{Image: "other.example/team/shop", Tag: "1"}, "-"},
		"a name of Docker Hub":        {`"image":"shop"`, wire.Published{Image: "docker.io/library/shop", Tag: "1"}, ""},
		"a host in capitals":          {`"image":"Registry.Example/team/shop"`, wire.Published{Image: "registry.example/team/shop", Tag: "1"}, ""},
		"a signature":                 {`"image":"` + team + `"`, wire.Published{Image: team, Tag: "sha256-" + strings.Repeat("0b", 32) + ".sig"}, "the tag is that of a signature, or of what else belongs to an image"},
		"a version":                   {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "v1.4.2"}, ""},
		"an old version":              {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "0.9.0"}, "version 0.9.0 is not in >=1.0"},
		"one of two parts":            {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "1.4"}, "tag 1.4 is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"one of one part":             {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "v1"}, "tag v1 is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"a date":                      {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "20261130"}, "tag 20261130 is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"four parts":                  {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "1.4.2.1"}, "tag 1.4.2.1 is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"leading zeros":               {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "2026.01.30"}, "tag 2026.01.30 is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"two leading letters":         {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "vv1.4.2"}, "tag vv1.4.2 is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"a build":                     {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "1.4.2+7"}, ""},
		"a prerelease":                {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "1.5.0-rc.1"}, "version 1.5.0-rc.1 is a prerelease, which >=1.0 does not name; write for example >=1.0-0"},
		"a prerelease that is named":  {`"image":"` + team + `","tag":{"semver":">=1.0-0"}`, wire.Published{Image: team, Tag: "1.5.0-rc.1"}, ""},
		"no version":                  {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Tag: "latest"}, "tag latest is no version of three parts such as 1.4.2, and the rule wants one in >=1.0"},
		"no tag":                      {`"image":"` + team + `","tag":{"semver":">=1.0"}`, wire.Published{Image: team, Digest: "sha256:1"}, "the push has no tag, and the rule wants one: >=1.0"},
		"a pattern":                   {`"image":"` + team + `","tag":{"pattern":"main-[0-9a-f]+|hot"}`, wire.Published{Image: team, Tag: "main-0b31"}, ""},
		"a pattern that is not whole": {`"image":"` + team + `","tag":{"pattern":"main-[0-9a-f]+|hot"}`, wire.Published{Image: team, Tag: "hotter"}, "tag hotter does not match the pattern main-[0-9a-f]+|hot"},
		"a pattern that repeats":      {`"image":"` + team + `","tag":{"pattern":"(?:[a-z0-9]{1,40}-){1,3}[0-9a-f]{40}|.{1,128}"}`, wire.Published{Image: team, Tag: "main-0b31"}, ""},
		"paused":                      {`"image":"` + team + `"},"paused":true,"x":{`, wire.Published{Image: team, Tag: "1"}, "the rule is paused"},
		"a sender":                    {`"image":"` + team + `"},"from":["harbor"],"x":{`, wire.Published{Image: team, Tag: "1", Sender: "harbor"}, ""},
		"another sender, who may not": {`"image":"` + team + `"},"from":["harbor"],"x":{`, wire.Published{Image: team, Tag: "1", Sender: "generic"}, "the rule takes no word of sender generic, but of harbor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := strings.Replace(`{"name":"main","artifact":{`+c.rule+`}}`, `,"x":{}`, "", 1)
			a, err := apps.Parse([]byte(triggering(rule)))
			require.NoError(t, err)
			found := a.Triggered(c.push)
			if c.reason == "-" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, c.reason, found[0].Reason)
			require.Equal(t, "staging", found[0].Environment.Name, "the first one")
		})
	}
}

func TestParse_RefusesTriggers(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`{"name":"Main","artifact":{"image":"` + team + `"}}`:                                                    `triggers[0].name: "Main" is not a name`,
		`{"name":"a","artifact":{"image":"` + team + `"}},{"name":"a","artifact":{"image":"shop"}}`:              `triggers[1].name: "a" is that of triggers[0] already`,
		`{"name":"a","artifact":{"image":"` + team + `:1"}}`:                                                     `triggers[0].artifact.image: "registry.example/team/shop:1" is no repository`,
		`{"name":"a","artifact":{}}`:                                                                             `triggers[0].artifact.image: "" is no repository`,
		`{"name":"a","artifact":{"image":"shop","tag":{"semver":"latest"}}}`:                                     `triggers[0].artifact.tag.semver: "latest" is no range of versions`,
		`{"name":"a","artifact":{"image":"shop","tag":{"pattern":"("}}}`:                                         `triggers[0].artifact.tag.pattern: "(" is no regular expression`,
		`{"name":"a","artifact":{"image":"shop","tag":{"pattern":"a)|(?:b"}}}`:                                   `triggers[0].artifact.tag.pattern: "a)|(?:b" is no regular expression`,
		`{"name":"a","artifact":{"image":"shop","tag":{"pattern":"(?:[^a]*[^b]*){1000}"}}}`:                      `triggers[0].artifact.tag.pattern: "(?:[^a]*[^b]*){1000}" repeats too much`,
		`{"name":"a","artifact":{"image":"shop","tag":{"semver":"1","pattern":"1"}}}`:                            `triggers[0].artifact.tag: has semver and pattern`,
		`{"name":"a","artifact":{"image":"shop"},"environment":"productio"}`:                                     `triggers[0].environment: "productio" is no environment of the document; did you mean production?`,
		`{"name":"a","artifact":{"image":"shop"},"from":["a b"]}`:                                                `triggers[0].from[0]: "a b" is not a name`,
		`{"name":"a","artifact":{"image":"shop","tag":{"pattern":"` + strings.Repeat("x", 257) + `"}}}`:          `triggers[0].artifact.tag.pattern: has 257 bytes; at most 256 are taken`,
		strings.TrimSuffix(strings.Repeat(`{"name":"a","artifact":{"image":"shop"}},`, apps.MaxTriggers+1), ","): `triggers: has 51 entries; at most 50 are taken`,
	} {
		_, err := apps.Parse([]byte(triggering(rule)))
		require.ErrorContains(t, err, want)
	}
}
