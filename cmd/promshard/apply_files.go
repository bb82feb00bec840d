package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/document"
)

// documentMost bounds the size of one file of documents.
const documentMost = 256 << 20

// documentNames are what names of files of documents in a folder end with.
var documentNames = []string{".yaml", ".yml", ".json"}

// readDocuments reads files, and those in folders, as one document.
func (a *app) readDocuments(ctx context.Context, names []string) (d store.Document, err error) {
	files, err := documentFiles(names)
	if err != nil {
		return d, err
	}
	for _, name := range files {
		content, err := a.readDocument(ctx, name)
		if err != nil {
			return d, err
		}
		one, err := document.Read(sourceName(name), content)
		if err != nil {
			return d, err
		}
		d.Merge(one)
	}
	return d, nil
}

// readDocument reads one file, or standard input.
func (a *app) readDocument(ctx context.Context, name string) ([]byte, error) {
	var in io.ReadCloser
	if name == stdinName {
		in = interruptible(ctx, a.in)
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		in = f
	}
	defer in.Close()
	content, err := io.ReadAll(io.LimitReader(in, documentMost+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", sourceName(name), err)
	case len(content) > documentMost:
		return nil, fmt.Errorf("%s is larger than %d MiB", sourceName(name), documentMost>>20)
	}
	return content, nil
}

// documentFiles are the files that names stand for, each once, those of a folder in the order of their names.
func documentFiles(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		some := []string{name}
		info, err := os.Stat(name)
		switch {
		case name == stdinName:
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s does not exist", name)
		case err != nil:
			return nil, err
		case info.IsDir():
			if some, err = documentsIn(name); err != nil {
				return nil, err
			}
		}
		for _, file := range some {
			if slices.Contains(files, file) {
				return nil, &usageError{err: fmt.Errorf("%s is named twice", sourceName(file))}
			}
			files = append(files, file)
		}
	}
	return files, nil
}

// documentsIn are the documents in a folder and those below it; what begins with a dot is passed over. None is an error: with
// --prune, a folder that is not filled yet would delete what it is to have.
func documentsIn(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != folder && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir() && slices.Contains(documentNames, filepath.Ext(path)):
			files = append(files, path)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no %s file", folder, strings.Join(documentNames, ", "))
	}
	return files, err
}
