using System.CommandLine;

namespace Vmm.Cli.Agent;

/// <summary>An argument that is somebody else's command line: what looks like an option in it is no mistake.</summary>
internal sealed class VerbatimArgument(string name) : Argument<string[]>(name);
