"""Materials: files of every form, sound and unsound."""
