namespace Vmm.Gdb.Protocol;

/// <content>How a stop is told ("Debugging with GDB", Remote Protocol, Stop Reply Packets).</content>
internal sealed partial class GdbCommands
{
    private const int SIGINT = 2;
    private const int SIGTRAP = 5;
    private const int SIGSEGV = 11;

    private void TellStop(Reply reply)
    {
        reply.Text($"T{Signal(LastStop.Kind):x2}thread:");
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

    private static int Signal(StopKind kind) => kind switch
    {
        StopKind.Interrupt => SIGINT,
        StopKind.Crash => SIGSEGV,
        _ => SIGTRAP,
    };

    private void TellWatch(string kind, Reply reply)
    {
        reply.Text(kind + ":");
        reply.Number(LastStop.Address);
        reply.Text(";");
    }
}
