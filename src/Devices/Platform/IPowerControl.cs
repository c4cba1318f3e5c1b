namespace Vmm.Devices.Platform;

/// <summary>What a guest can ask of its machine as a whole. Called on vCPU threads; returns at once, and the machine acts after the exit that asked.</summary>
public interface IPowerControl
{
    /// <summary>The guest switched itself off.</summary>
    void PowerOff();

    /// <summary>The guest asked for a reset.</summary>
    void Reset();

    /// <summary>A test guest is done.</summary>
    /// <param name="exitStatus">The status its run should end with: what the guest wrote, doubled, plus one; never 0.</param>
    void DebugExit(uint exitStatus);
}
