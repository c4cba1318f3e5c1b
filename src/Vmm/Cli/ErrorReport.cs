using System.ComponentModel;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>Tells the user what went wrong: one line, and one line of help where there is some. A stack trace only when asked for.</summary>
internal static class ErrorReport
{
    /// <summary>Set to 1, it shows stack traces.</summary>
    public const string DebugVariable = "VMM_DEBUG";

    /// <summary>Writes the error and says what to exit with.</summary>
    public static int Write(Exception fault)
    {
        using StringWriter text = new();
        int code = Write(fault, text, Environment.GetEnvironmentVariable(DebugVariable) == "1");
        StandardError.Write(text.ToString());
        return code;
    }

    /// <summary>Writes the error and says what to exit with.</summary>
    /// <param name="fault">What ended the program.</param>
    /// <param name="error">Where to; it may be closed.</param>
    /// <param name="showTrace">Whether the user wants the stack trace.</param>
    public static int Write(Exception fault, TextWriter error, bool showTrace)
    {
        if (fault is OutOfMemoryException)
            fault = new VmmException("the host has no memory or no threads left for this process: stop something, or raise its limits (ulimit -a)", cause: fault);
        if (NoDescriptorLeft(fault))
            fault = new VmmException("no file descriptor left (EMFILE): raise the limit (ulimit -n)", cause: fault);
        if (fault is IOException)
            fault = new VmmException($"{fault.Message}: what was to be read or written (standard output, perhaps) is not whole", cause: fault);
        if (fault is ArgumentException { ParamName: "path" or "fileName" })
            fault = new VmmException("a path is empty, or holds a NUL character: give a file", ExitCodes.Usage, fault);
        int code = fault is VmmException known ? known.ExitCode : ExitCodes.Internal;
        try
        {
            error.WriteLine("vmm: " + OneLine(fault.Message));
            if (fault is UsageException usage)
                error.WriteLine(usage.Hint);
            else if (fault is not VmmException && !showTrace)
                error.WriteLine($"This is a fault in vmm ({fault.GetType().Name}). Please report it with the output of {DebugVariable}=1.");
            if (showTrace)
                error.WriteLine(fault);
            error.Flush();
        }
        catch (Exception unwritable) when (unwritable is IOException or Win32Exception)
        {
            // Standard error is closed or full, or the runtime has no thread left to set it up: the exit code still tells.
        }
        return code;
    }

    /// <summary>Met by a call of ours, or by the runtime, also while it prepares for signals.</summary>
    private static bool NoDescriptorLeft(Exception fault) =>
        FileFault.Of(fault is TypeInitializationException { InnerException: { } inner } ? inner : fault) is Errno.EMFILE or Errno.ENFILE;

    private static string OneLine(string message) => Printable.Escape(message.ReplaceLineEndings(" "), longest: 2000);
}
