using System.Text.Json;
using Vmm.Control;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Tls;

namespace Vmm.Api;

/// <summary>What the calls on migration do: Cloud Hypervisor's, and how far one is.</summary>
/// <param name="control">This process's VM.</param>
/// <param name="process">The process around it.</param>
internal sealed class MigrationCalls(VmControl control, IVmmProcess process)
{
    private const int NotFound = 404;

    private volatile Func<MigrationProgress?>? _incoming;
    private volatile MigrationReceiver? _receiver;

    /// <summary>The calls.</summary>
    public IEnumerable<ApiRoute> Routes =>
    [
        new("PUT", VmApi.Base + "vm.send-migration", Send, TakesBody: true, ApiTurn.Long),
        new("PUT", VmApi.Base + "vm.receive-migration", Receive, TakesBody: true, ApiTurn.Long),
        new("GET", VmApi.Base + "vm.migration-progress", _ => Progress()),
        new("PUT", VmApi.Base + "vm.cancel-migration", _ => Cancel(), Turn: ApiTurn.AtOnce),
    ];

    /// <summary>Answered when the guest runs at the destination.</summary>
    private ApiAnswer Send(ReadOnlyMemory<byte> body)
    {
        VmLifecycle.Check(control.State, VmCommand.Migrate);
        MigrationRequest request = MigrationReader.ReadSend(body);
        // While it is known which field is meant.
        if (request.Options.TlsFolder is { } folder)
            Load(TlsFiles.OfSource(folder, request.Options.TlsName, MigrationReader.TlsFolder)).Dispose();
        control.Migrate(request, connection: null, _ => { });
        return ApiAnswer.Done;
    }

    /// <summary>Answered when a guest has come and runs here.</summary>
    private ApiAnswer Receive(ReadOnlyMemory<byte> body)
    {
        VmLifecycle.Check(control.State, VmCommand.Create);
        (MigrationAddress address, string? certificates) = MigrationReader.ReadReceive(body);
        TlsIdentity? identity = certificates is null ? null : Load(TlsFiles.OfDestination(certificates, MigrationReader.TlsFolder));
        MigrationListener listener = address.Listen(identity);
        listener.Refused = why =>
        {
            StandardError.Write($"vmm: {why}\n");
            control.Events.Publish("vm", "migration-stranger", ("reason", why));
        };
        using MigrationReceiver receiver = new(listener, new MigrationOptions().Patience);
        using CancellationTokenRegistration ending = process.Ending.Register(() => receiver.Stop("its vmm ends"));
        _incoming = () => receiver.Progress;
        _receiver = receiver;
        try
        {
            MigrationOrigin origin = TakeOver(receiver);
            // It runs here, and some of its memory may be missing still.
            _incoming = () => origin.Following;
            control.LastMigration = MigrationReport.OfArrival(receiver.Progress);
            return ApiAnswer.Done;
        }
        catch (Exception failed)
        {
            _incoming = null;
            control.LastMigration = MigrationReport.OfArrival(receiver.Progress, failed, receiver.WasStopped);
            throw;
        }
        finally
        {
            _receiver = null;
        }
    }

    private static TlsIdentity Load(TlsFiles files)
    {
        try
        {
            return TlsIdentity.Load(files);
        }
        catch (VmmException wrong)
        {
            throw new ApiException(ApiException.BadRequest, wrong.Message);
        }
    }

    private MigrationOrigin TakeOver(MigrationReceiver receiver)
    {
        OfferMessage offer = receiver.WaitForOffer();
        try
        {
            MachineConfig config = MachineConfigResolver.Resolve(MachineConfigFile.FromText("the source's description", offer.Config.GetRawText()).Config);
            control.Create(config);
            MigrationOrigin origin = new(receiver, offer);
            try
            {
                control.Boot(origin);
            }
            catch
            {
                control.Delete();
                throw;
            }
            return origin;
        }
        catch (Exception refused) when (refused is VmmException or HostException or MachineConfigException)
        {
            receiver.Fail(refused.Message);
            throw refused is MachineConfigException wrong ? new VmmException($"the source's description: {wrong.Field}: {wrong.Reason}", cause: wrong) : refused;
        }
    }

    private ApiAnswer Progress() => ApiAnswer.Write(json =>
    {
        json.WriteStartObject();
        MigrationProgress? outgoing = control.Migration;
        MigrationProgress? progress = outgoing ?? _incoming?.Invoke();
        json.WriteBoolean("active", progress is not null);
        if (progress is not null)
        {
            json.WriteBoolean("incoming", outgoing is null);
            json.WriteString("phase", Word.Of(progress.Phase));
            json.WriteNumber("round", progress.Round);
            json.WriteNumber("sent_bytes", progress.Sent);
            json.WriteNumber("remaining_bytes", progress.Remaining);
            json.WriteNumber("dirty_bytes_per_second", Math.Round(progress.DirtyRate));
            json.WriteNumber("bandwidth_bytes_per_second", Math.Round(progress.Bandwidth));
            json.WriteNumber("projected_downtime_ms", Math.Round(progress.ProjectedDowntime, 1));
            json.WriteNumber("throttle_percent", progress.Throttle);
            json.WriteNumber("faults", progress.Faults);
            json.WriteNumber("fault_median_us", Math.Round(progress.FaultMedian));
            json.WriteNumber("fault_p99_us", Math.Round(progress.Fault99));
            json.WriteNumber("elapsed_ms", Math.Round(progress.Elapsed, 1));
        }
        if (control.LastMigration is { } last)
            Write(json, last);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, MigrationReport last)
    {
        json.WriteStartObject("last");
        json.WriteBoolean("incoming", last.Destination is null);
        json.WriteString("outcome", Word.Of(last.Ending));
        if (last.Destination is { } destination)
            json.WriteString("destination", destination);
        if (last.Error is { } error)
            json.WriteString("error", error);
        if (last.DowntimeMilliseconds is { } downtime)
            json.WriteNumber("downtime_ms", Math.Round(downtime, 1));
        if (last.TotalMilliseconds is { } total)
            json.WriteNumber("total_ms", Math.Round(total, 1));
        if (last.Bytes is { } bytes)
            json.WriteNumber("bytes", bytes);
        if (last.Rounds is { } rounds)
            json.WriteNumber("rounds", rounds);
        json.WriteEndObject();
    }

    private ApiAnswer Cancel()
    {
        if (control.Migration is not null)
            control.CancelMigration();
        else if (_receiver is { Progress.Phase: < MigrationPhase.Started } receiver)
            receiver.Stop("vm.cancel-migration");
        else if (_incoming?.Invoke() is not null)
            throw new ApiException(ApiException.Conflict, "vm.cancel-migration: the guest runs here already: that cannot be given up any more");
        else
            throw new ApiException(NotFound, "vm.cancel-migration: no migration is under way");
        return ApiAnswer.Done;
    }
}
