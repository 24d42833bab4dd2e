package web

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"slipway/release"
)

// Links are where pages lead to elsewhere. Nothing is sent there but what a browser sends by itself, and no referrer.
type Links struct {
	// Temporal is the address of a namespace in Temporal's own pages, such as http://127.0.0.1:8233/namespaces/default; empty links to
	// nothing.
	Temporal string
	// Clouds are the addresses of applications in the consoles of their clouds, by platform, with {region} and {id}.
	Clouds map[release.Platform]string
}

// workflow is where the workflow of a release is shown; empty where nobody said.
func (l Links) workflow(releaseID string) string {
	if l.Temporal == "" {
		return ""
	}
	return strings.TrimSuffix(l.Temporal, "/") + "/workflows/" + pathOf(release.WorkflowID(releaseID))
}

// cloud is where an application is shown; empty where nobody said.
func (l Links) cloud(a release.App) string {
	return strings.NewReplacer("{region}", url.PathEscape(a.Region), "{id}", url.PathEscape(a.ID)).Replace(l.Clouds[a.Platform])
}

// LinkFault says what is wrong with an address that pages lead to; nil of none.
func LinkFault(text string) error {
	if text == "" {
		return nil
	}
	at, err := url.Parse(text)
	if err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" {
		return fmt.Errorf("%.200q is no address that begins with https:// or http://", text)
	}
	return nil
}

// ParseClouds reads [Links.Clouds], each as PLATFORM=ADDRESS. The error names everything that is wrong.
func ParseClouds(said []string) (map[release.Platform]string, error) {
	clouds, problems := map[release.Platform]string{}, []error(nil)
	for _, one := range said {
		name, address, _ := strings.Cut(one, "=")
		platform := release.Platform(name)
		switch err := LinkFault(address); {
		case !served(platform):
			problems = append(problems, fmt.Errorf("%.50q is no platform", name))
		case address == "":
			problems = append(problems, fmt.Errorf("%s has no address", name))
		case err != nil:
			problems = append(problems, err)
		case clouds[platform] != "":
			problems = append(problems, fmt.Errorf("%s is said twice", name))
		default:
			clouds[platform] = address
		}
	}
	return clouds, errors.Join(problems...)
}

// served reports whether a platform is one that there is.
func served(p release.Platform) bool {
	_, is := release.TraitsOf(p)
	return is
}
