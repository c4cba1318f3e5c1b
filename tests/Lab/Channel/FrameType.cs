namespace Vmm.Lab.Channel;

/// <summary>
/// What travels between a client and the agent: this byte, a length (u32, little-endian), a payload.
/// </summary>
public enum FrameType : byte
{
    /// <summary>To the agent, first: run this (see <see cref="LabCommand"/>).</summary>
    Start = (byte)'C',
    /// <summary>To the agent: bytes for standard input, within the window.</summary>
    Input = (byte)'I',
    /// <summary>To the agent: standard input ends here.</summary>
    InputEnd = (byte)'E',
    /// <summary>To the agent: u32, the signal for the command's process group.</summary>
    Signal = (byte)'K',
    /// <summary>To the agent: u32 rows, u32 columns of the terminal.</summary>
    Resize = (byte)'W',
    /// <summary>From the agent: u32, the command runs, with this process id.</summary>
    Started = (byte)'P',
    /// <summary>From the agent: text, the command could not be run.</summary>
    Failed = (byte)'F',
    /// <summary>From the agent: standard output (a terminal's whole output).</summary>
    Output = (byte)'O',
    /// <summary>From the agent: standard error.</summary>
    Error = (byte)'R',
    /// <summary>From the agent: u32, so much input has reached the command: the window moves on.</summary>
    InputTaken = (byte)'A',
    /// <summary>From the agent, last: u32, exit code, or 128 + signal.</summary>
    Exited = (byte)'X',
}
