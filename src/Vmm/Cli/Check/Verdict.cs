namespace Vmm.Cli.Check;

/// <summary>What a finding means for running guests.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Guests run, but lack something.</summary>
    Lacks,

    /// <summary>No guest can run until this is mended.</summary>
    Fails,
}
