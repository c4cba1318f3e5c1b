namespace Vmm.Gdb.Protocol;

/// <content>How a stop is told ("Debugging with GDB", Remote Protocol, Stop Reply Packets).</content>
internal sealed partial class GdbCommands
{
    private const int SIGINT = 2;
    private const int SIGTRAP = 5;

    private void TellStop(Reply reply)
    {
        reply.Text($"T{(LastStop.Kind == StopKind.Interrupt ? SIGINT : SIGTRAP):x2}thread:");
        reply.Number(ThreadId.Of(LastStop.Vcpu));
        reply.Text(";");
        switch (LastStop.Kind)
        {
            // Only a debugger that said so knows these two.
            case StopKind.SoftwareBreak when _knowsSoftware:
                reply.Text("swbreak:;");
                break;
            case StopKind.HardwareBreak when _knowsHardware:
                reply.Text("hwbreak:;");
                break;
            case StopKind.WriteWatch:
                TellWatch("watch", reply);
                break;
            case StopKind.ReadWatch:
                TellWatch("rwatch", reply);
                break;
            case StopKind.AccessWatch:
                TellWatch("awatch", reply);
                break;
        }
    }

    private void TellWatch(string kind, Reply reply)
    {
        reply.Text(kind + ":");
        reply.Number(LastStop.Address);
        reply.Text(";");
    }
}
