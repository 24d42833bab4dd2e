// Package git has ServiceStage's operations on source code: authorizations of repositories, and their
// projects, branches, tags, commits, hooks and files.
//
// All but those of authorizations name the authorization to use in RepoAuth. In Namespace, Project and
// Path a slash is written as it is; it travels as a colon, as the API wants it. All else is as in
// package servicestageclient.
package git
