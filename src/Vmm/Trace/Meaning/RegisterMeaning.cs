namespace Vmm.Trace.Meaning;

/// <summary>What an access was, in words.</summary>
/// <param name="Name">The register's name, as its data sheet has it.</param>
/// <param name="Value">What the value says; empty where the number says all.</param>
internal readonly record struct RegisterMeaning(string Name, string Value = "");
