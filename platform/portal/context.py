def platform(request): return {}
