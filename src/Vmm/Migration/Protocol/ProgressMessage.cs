using Vmm.Migration.Transport;

namespace Vmm.Migration.Protocol;

/// <summary>The payload of <see cref="MessageType.Progress"/>: for people, and what is passed on to them has to be numbers that can be written again.</summary>
internal static class ProgressMessage
{
    /// <summary>Reads it.</summary>
    /// <exception cref="ProtocolException">It is not that, or a number in it is none.</exception>
    public static MigrationProgress Read(Message message)
    {
        MigrationProgress progress = message.As(MigrationJson.Default.MigrationProgress);
        // 1e999 is JSON, and infinite.
        double[] numbers = [progress.DirtyRate, progress.Bandwidth, progress.ProjectedDowntime, progress.FaultMedian, progress.Fault99, progress.Elapsed];
        return numbers.All(double.IsFinite) ? progress : throw new ProtocolException($"a message of type {MessageType.Progress} has a number that is too large to be one");
    }
}
