"""Tests of answers and inputs."""
