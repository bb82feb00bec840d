// Package agent keeps files for Prometheus's file_sd as promshard's lists are: it follows the targets of a shard, or of
// the shard that a server is registered to, and replaces the files when they change.
//
// A file becomes shorter only because a promshard server has said so. While none answers, or one answers with an error,
// or the disk is full, or the folder is missing, the files stay as they are; whatever stands in the way of a write is
// tried again until it no longer does.
package agent
