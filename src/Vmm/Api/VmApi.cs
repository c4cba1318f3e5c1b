using System.Text.Json;
using Vmm.Cli;
using Vmm.Control;
using Vmm.Machine.Config;
using Vmm.Metrics;
using Vmm.Snapshot;

namespace Vmm.Api;

/// <summary>What each call does: Cloud Hypervisor's interface, on this process's VM.</summary>
internal sealed class VmApi
{
    /// <summary>Where the calls are.</summary>
    public const string Base = "/api/v1/";

    private readonly VmControl _control;
    private readonly IVmmProcess _process;

    private VmApi(VmControl control, IVmmProcess process) => (_control, _process) = (control, process);

    /// <summary>The table of calls.</summary>
    /// <param name="control">The VM.</param>
    /// <param name="process">The process around it.</param>
    public static ApiRoutes Routes(VmControl control, IVmmProcess process)
    {
        VmApi api = new(control, process);
        return new ApiRoutes(
        [
            new("GET", Base + "vmm.ping", _ => ApiAnswer.Write(WritePing)),
            new("PUT", Base + "vmm.shutdown", _ => ApiAnswer.Done with { Afterwards = process.End }, Turn: ApiTurn.AtOnce),
            new("PUT", Base + "vm.create", api.Create, TakesBody: true),
            Command("vm.boot", () => control.Boot()),
            Command("vm.pause", () => control.Pause()),
            Command("vm.resume", () => control.Resume()),
            Command("vm.shutdown", control.Shutdown),
            Command("vm.reboot", control.Reboot),
            Command("vm.power-button", control.PowerButton),
            Command("vm.nmi", control.Nmi),
            Command("vm.delete", api.Delete),
            new("PUT", Base + "vm.resize", api.Resize, TakesBody: true),
            new("PUT", Base + "vm.snapshot", api.Snapshot, TakesBody: true),
            new("PUT", Base + "vm.restore", api.Restore, TakesBody: true),
            .. new MigrationCalls(control, process).Routes,
            new("GET", Base + "vm.info", _ => api.Info()),
            new("GET", Base + "vm.counters", _ => api.Counters()),
            new("GET", "/metrics", _ => api.Metrics()),
            new("GET", Base + "openapi.yaml", _ => ApiAnswer.Text("application/yaml", OpenApiDocument.Yaml)),
            new("GET", Base + "openapi.json", _ => ApiAnswer.Text(ApiAnswer.Json, OpenApiDocument.Json)),
        ]);
    }

    private static ApiRoute Command(string name, Action act) => new("PUT", Base + name, _ =>
    {
        act();
        return ApiAnswer.Done;
    });

    private static void WritePing(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("build_version", $"vmm {VersionCommand.Current}");
        json.WriteString("version", VersionCommand.Current);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteStartArray("features");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private ApiAnswer Create(ReadOnlyMemory<byte> body)
    {
        // Before the body is looked at: a second VM is refused for being a second one.
        VmLifecycle.Check(_control.State, VmCommand.Create);
        _control.Create(VmConfigReader.Read(body));
        return ApiAnswer.Done;
    }

    /// <summary>Nothing to delete is no error, as in Cloud Hypervisor.</summary>
    private void Delete()
    {
        if (_control.State == VmState.None)
            return;
        if (_process.LivesWithItsVm)
            _process.End();
        else
            _control.Delete();
    }

    private ApiAnswer Resize(ReadOnlyMemory<byte> body)
    {
        VmLifecycle.Check(_control.State, VmCommand.Resize);
        if (VmResizeReader.Read(body, _control.Config ?? throw NotCreated("vm.resize")) is { } balloon)
            _control.ResizeBalloon(balloon);
        return ApiAnswer.Done;
    }

    private ApiAnswer Snapshot(ReadOnlyMemory<byte> body)
    {
        VmLifecycle.Check(_control.State, VmCommand.Snapshot);
        _control.TakeSnapshot(VmSnapshotReader.Read(body));
        return ApiAnswer.Done;
    }

    private ApiAnswer Restore(ReadOnlyMemory<byte> body)
    {
        VmLifecycle.Check(_control.State, VmCommand.Restore);
        (MachineConfig config, SnapshotOrigin origin) = VmRestoreReader.Read(body).Open();
        _control.Restore(config, origin);
        return ApiAnswer.Done;
    }

    private ApiAnswer Info()
    {
        MachineConfig config = _control.ConfigNow ?? throw NotCreated("vm.info");
        return ApiAnswer.Write(json => VmInfoWriter.Write(json, config, _control.State, _control.BalloonedBytes));
    }

    private ApiAnswer Counters()
    {
        _ = _control.Config ?? throw NotCreated("vm.counters");
        return ApiAnswer.Write(json => VmCountersWriter.Write(json, _control));
    }

    /// <summary>For Prometheus, which asks from the start: nothing to tell is no error.</summary>
    private ApiAnswer Metrics()
    {
        using StringWriter text = new();
        if (_control.Config is { } config && _control.Run is { } run)
            PrometheusText.Write(run.ReadMetrics(), config.Name, text);
        return ApiAnswer.Text(PrometheusText.ContentType, text.ToString());
    }

    private static ApiException NotCreated(string call) => new(404, $"{call}: the VM is not created");
}
