using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Vmm.Control;
using Vmm.Host;

namespace Vmm.Api;

/// <summary>From a request to its answer.</summary>
/// <param name="routes">What there is to call.</param>
internal sealed class ApiApplication(ApiRoutes routes) : IHttpApplication<IFeatureCollection>, IDisposable
{
    private const int InternalError = 500;

    /// <summary>Commands wait for the guest. One at a time does, so that they never hold more than one of the pool's threads.</summary>
    private readonly SemaphoreSlim _alone = new(1);

    /// <summary>The call that may take long and is under way, or waits for its turn.</summary>
    private ApiRoute? _long;

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        CancellationToken gone = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        ApiAnswer answer;
        try
        {
            answer = await AnswerAsync(context.GetRequiredFeature<IHttpRequestFeature>(), gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // Nobody waits for it any more, and nobody would know that it was done.
            return;
        }
        catch (Exception fault)
        {
            answer = Explain(fault);
        }
        await SendAsync(context, answer);
    }

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _alone.Dispose();

    private async Task<ApiAnswer> AnswerAsync(IHttpRequestFeature request, CancellationToken gone)
    {
        ApiRoute route = routes.Find(request.Method, request.Path);
        byte[] body = await ReadAsync(request.Body);
        if (body.Length > 0 && !route.TakesBody)
            throw new ApiException(ApiException.BadRequest, $"{route.Path} takes no body");
        if (route.Method != HttpMethods.Put || route.Turn == ApiTurn.AtOnce)
            return route.Answer(body);
        ApiRoute? other = route.Turn == ApiTurn.Long ? Interlocked.CompareExchange(ref _long, route, null) : Volatile.Read(ref _long);
        if (other is not null)
            throw new ApiException(ApiException.Conflict, $"{route.Name}: {other.Name} is under way; wait until it is answered, or end it with vm.cancel-migration");
        try
        {
            await _alone.WaitAsync(gone);
            try
            {
                gone.ThrowIfCancellationRequested();
                return route.Answer(body);
            }
            finally
            {
                _alone.Release();
            }
        }
        finally
        {
            if (route.Turn == ApiTurn.Long)
                Volatile.Write(ref _long, null);
        }
    }

    /// <summary>Kestrel ends it at <see cref="ApiServer.LargestBody"/>, whatever the headers said.</summary>
    private static async Task<byte[]> ReadAsync(Stream body)
    {
        using MemoryStream content = new();
        try
        {
            await body.CopyToAsync(content);
        }
        catch (IOException wrong) when (wrong is not BadHttpRequestException)
        {
            throw new ApiException(ApiException.BadRequest, $"the body cannot be read: {wrong.Message}");
        }
        return content.ToArray();
    }

    private static ApiAnswer Explain(Exception fault) => fault switch
    {
        ApiException wrong => ApiAnswer.Error(wrong.Status, wrong.Message),
        BadHttpRequestException wrong => ApiAnswer.Error(wrong.StatusCode, wrong.Message),
        LifecycleConflictException conflict => ApiAnswer.Error(ConflictStatus.Of(conflict), conflict.Message),
        VmmException refused => ApiAnswer.Error(InternalError, refused.Message),
        _ => ApiAnswer.Error(InternalError, $"a fault in vmm: {fault.GetType().Name}: {fault.Message}"),
    };

    private static async Task SendAsync(IFeatureCollection context, ApiAnswer answer)
    {
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = answer.Status;
        if (answer.Afterwards is { } afterwards)
        {
            response.OnCompleted(_ =>
            {
                afterwards();
                return Task.CompletedTask;
            }, response);
        }
        if (answer.ContentType is null)
            return;
        response.Headers.ContentType = answer.ContentType;
        response.Headers.ContentLength = answer.Body.Length;
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(answer.Body);
    }
}
