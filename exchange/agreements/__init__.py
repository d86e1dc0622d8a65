"""Agreements between departments (right of use, 使用权): asked for, approved by both sides, kept, ended."""
